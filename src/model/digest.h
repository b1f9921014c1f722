// SPDX-License-Identifier: BSD-2-Clause
// SHA-256 (FIPS 180-4) of bytes in memory.

#ifndef AOTI_MODEL_DIGEST_H
#define AOTI_MODEL_DIGEST_H

#include <stddef.h>

enum { DIGEST_TEXT_SIZE = 65 };

// Writes the SHA-256 of SIZE bytes to TEXT: 64 lower-case hex digits and a NUL.
void digest_sha256(const void *data, size_t size, char text[DIGEST_TEXT_SIZE]);

#endif
