// SPDX-License-Identifier: BSD-2-Clause

#include "config.h"

#include "common/digest.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/diagnostics.h"
#include "common/memory.h"

static void *allocate(size_t size, const char *file, int line)
{
    (void)file, (void)line;
    return xmalloc(size);
}

static void *reallocate(void *old, size_t size, const char *file, int line)
{
    (void)file, (void)line;
    return xreallocarray(old, size, 1);
}

static void release(void *memory, const char *file, int line)
{
    (void)file, (void)line;
    free(memory);
}

// Makes libcrypto allocate with xmalloc(), which dies when memory is exhausted: libcrypto itself
// crashes if that happens during its initialization. NO_ATEXIT, because an exit inside the
// initialization must not run the cleanup of what is not yet set up. NO_LOAD_CONFIG, because the
// configuration file does not concern SHA-256.
__attribute__((constructor)) static void set_libcrypto_up(void)
{
    CRYPTO_set_mem_functions(allocate, reallocate, release);
    OPENSSL_init_crypto(OPENSSL_INIT_NO_ATEXIT | OPENSSL_INIT_NO_LOAD_CONFIG, NULL);
}

struct digest digest_begin(void)
{
    struct digest digest = {.context = EVP_MD_CTX_new()};
    if (digest.context == NULL || EVP_DigestInit_ex(digest.context, EVP_sha256(), NULL) != 1)
        die(STATUS_FAILURE, "libcrypto: SHA-256 is not available");
    return digest;
}

void digest_add(struct digest *digest, const void *data, size_t size)
{
    if (EVP_DigestUpdate(digest->context, data, size) != 1)
        die(STATUS_FAILURE, "libcrypto: SHA-256 failed");
}

void digest_finish(struct digest *digest, char text[DIGEST_TEXT_SIZE])
{
    unsigned char bytes[EVP_MAX_MD_SIZE];
    unsigned size;
    if (EVP_DigestFinal_ex(digest->context, bytes, &size) != 1)
        die(STATUS_FAILURE, "libcrypto: SHA-256 failed");
    for (unsigned i = 0; i < size && 2 * i + 2 < DIGEST_TEXT_SIZE; i++)
        snprintf(text + 2 * (size_t)i, 3, "%02x", bytes[i]);
    digest_free(digest);
}

void digest_free(struct digest *digest)
{
    EVP_MD_CTX_free(digest->context);
    digest->context = NULL;
}

void digest_sha256(const void *data, size_t size, char text[DIGEST_TEXT_SIZE])
{
    struct digest digest = digest_begin();
    digest_add(&digest, data, size);
    digest_finish(&digest, text);
}
