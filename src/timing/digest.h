// SPDX-License-Identifier: BSD-2-Clause
// SHA-256 of bytes that come in pieces.

#ifndef AOTI_TIMING_DIGEST_H
#define AOTI_TIMING_DIGEST_H

#include <stddef.h>

enum { DIGEST_TEXT_SIZE = 2 * 32 + 1 };

struct digest {
    void *context;  // owned, libcrypto's
};

// Begins. digest_finish, which may be called once, or digest_free must follow.
struct digest digest_begin(void);
void digest_add(struct digest *digest, const void *data, size_t size);

// Ends and writes the digest as 64 hexadecimal digits and a NUL.
void digest_finish(struct digest *digest, char text[DIGEST_TEXT_SIZE]);
void digest_free(struct digest *digest);

#endif
