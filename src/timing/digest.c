// SPDX-License-Identifier: BSD-2-Clause

#include "config.h"

#include "timing/digest.h"

#include <openssl/evp.h>
#include <stdio.h>

#include "common/diagnostics.h"

struct digest digest_begin(void)
{
    struct digest digest = {.context = EVP_MD_CTX_new()};
    if (digest.context == NULL || EVP_DigestInit_ex(digest.context, EVP_sha256(), NULL) != 1)
        die(STATUS_FAILURE, "libcrypto has no SHA-256");
    return digest;
}

void digest_add(struct digest *digest, const void *data, size_t size)
{
    if (EVP_DigestUpdate(digest->context, data, size) != 1)
        die(STATUS_FAILURE, "libcrypto failed");
}

void digest_finish(struct digest *digest, char text[DIGEST_TEXT_SIZE])
{
    unsigned char bytes[EVP_MAX_MD_SIZE];
    unsigned size;
    if (EVP_DigestFinal_ex(digest->context, bytes, &size) != 1)
        die(STATUS_FAILURE, "libcrypto failed");
    for (unsigned i = 0; i < size && 2 * i + 2 < DIGEST_TEXT_SIZE; i++)
        snprintf(text + 2 * (size_t)i, 3, "%02x", bytes[i]);
    digest_free(digest);
}

void digest_free(struct digest *digest)
{
    EVP_MD_CTX_free(digest->context);
    digest->context = NULL;
}
