// SPDX-License-Identifier: BSD-2-Clause
// SHA-256 (FIPS 180-4), by libcrypto. Functions die with STATUS_FAILURE if libcrypto fails.

#ifndef AOTI_COMMON_DIGEST_H
#define AOTI_COMMON_DIGEST_H

#include <stddef.h>

enum { DIGEST_TEXT_SIZE = 2 * 32 + 1 };

struct digest {
    void *context;  // EVP_MD_CTX; owned
};

// Starts a digest. End with digest_finish() or digest_free(), not both.
struct digest digest_begin(void);
void digest_add(struct digest *digest, const void *data, size_t size);

// Writes the digest to TEXT, as 64 lower-case hexadecimal digits and a NUL, and frees DIGEST.
void digest_finish(struct digest *digest, char text[DIGEST_TEXT_SIZE]);
void digest_free(struct digest *digest);

// Writes the digest of DATA to TEXT. Thread-safe.
void digest_sha256(const void *data, size_t size, char text[DIGEST_TEXT_SIZE]);

#endif
