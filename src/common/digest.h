// SPDX-License-Identifier: BSD-2-Clause
// SHA-256 (FIPS 180-4), by libcrypto. Functions die with STATUS_FAILURE when it fails.

#ifndef AOTI_COMMON_DIGEST_H
#define AOTI_COMMON_DIGEST_H

#include <stddef.h>

enum { DIGEST_TEXT_SIZE = 2 * 32 + 1 };

struct digest {
    void *context;  // owned, libcrypto's
};

// Begins a digest. digest_finish(), once, or digest_free() must follow.
struct digest digest_begin(void);
void digest_add(struct digest *digest, const void *data, size_t size);

// Ends the digest and writes it as 64 lower-case hexadecimal digits and a NUL.
void digest_finish(struct digest *digest, char text[DIGEST_TEXT_SIZE]);
void digest_free(struct digest *digest);

// Writes the digest of SIZE bytes in memory to TEXT. May be called from several threads.
void digest_sha256(const void *data, size_t size, char text[DIGEST_TEXT_SIZE]);

#endif
