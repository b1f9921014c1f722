// SPDX-License-Identifier: BSD-2-Clause

#include "config.h"

#include "model/digest.h"

#include <openssl/evp.h>
#include <stdio.h>

#include "common/diagnostics.h"

void digest_sha256(const void *data, size_t size, char text[DIGEST_TEXT_SIZE])
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned length = 0;
    if (EVP_Digest(data, size, digest, &length, EVP_sha256(), NULL) != 1 || length != 32)
        die(STATUS_FAILURE, "libcrypto cannot compute SHA-256");
    for (unsigned i = 0; i < length; i++)
        snprintf(text + (size_t)i * 2, 3, "%02x", digest[i]);
}
