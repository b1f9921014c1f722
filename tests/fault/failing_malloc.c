// SPDX-License-Identifier: BSD-2-Clause
// Preloaded library that makes allocations fail: FAIL_AT=N fails the Nth allocation of the process,
// and with FAIL_REST all later ones; FAIL_COUNT=FILE writes their number. For the GNU C library.

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

// NOLINTBEGIN(bugprone-reserved-identifier): what the C library calls its own
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);
void *__libc_memalign(size_t alignment, size_t size);
// NOLINTEND(bugprone-reserved-identifier)

static atomic_long calls;
static atomic_long fail_at = -1;  // not read yet

static bool fails(void)
{
    if (fail_at == -1) {
        const char *text = getenv("FAIL_AT");
        fail_at = text != NULL ? atol(text) : 0;
    }
    long call = ++calls;
    bool failed = fail_at > 0 && (call == fail_at || (call > fail_at && getenv("FAIL_REST")));
    if (failed)
        errno = ENOMEM;
    return failed;
}

void *malloc(size_t size)
{
    return fails() ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    return fails() ? NULL : __libc_calloc(count, size);
}

void *realloc(void *old, size_t size)
{
    return fails() ? NULL : __libc_realloc(old, size);
}

void *reallocarray(void *old, size_t count, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes)) {
        errno = ENOMEM;
        return NULL;
    }
    return realloc(old, bytes);
}

void *aligned_alloc(size_t alignment, size_t size)
{
    return fails() ? NULL : __libc_memalign(alignment, size);
}

int posix_memalign(void **result, size_t alignment, size_t size)
{
    *result = aligned_alloc(alignment, size);
    return *result == NULL ? ENOMEM : 0;
}

__attribute__((destructor)) static void write_count(void)
{
    const char *file = getenv("FAIL_COUNT");
    int descriptor = file != NULL ? open(file, O_WRONLY | O_CREAT | O_TRUNC, 0666) : -1;
    if (descriptor < 0)
        return;
    dprintf(descriptor, "%ld\n", (long)calls);
    close(descriptor);
}
