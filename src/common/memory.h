// SPDX-License-Identifier: BSD-2-Clause
// Allocation that never returns NULL, and growing buffers.

#ifndef AOTI_COMMON_MEMORY_H
#define AOTI_COMMON_MEMORY_H

#include <stddef.h>

// Dies with STATUS_FAILURE and "memory exhausted".
_Noreturn void die_exhausted(void);

// Like malloc() and so on, but die with die_exhausted() instead of returning NULL. A size of 0 is
// allowed. Free with free().
void *xmalloc(size_t size) __attribute__((malloc, returns_nonnull));
void *xcalloc(size_t count, size_t size) __attribute__((malloc, returns_nonnull));
void *xreallocarray(void *old, size_t count, size_t size) __attribute__((returns_nonnull));
char *xstrdup(const char *text) __attribute__((malloc, returns_nonnull));

// Returns ARRAY, which uses COUNT elements of SIZE bytes, with room for one more. Doubles
// *CAPACITY, its number of elements, when it is full.
static inline void *xgrow(void *array, size_t count, size_t *capacity, size_t size)
{
    enum { FIRST_CAPACITY = 16 };
    if (count < *capacity)
        return array;
    *capacity = 2 * *capacity + FIRST_CAPACITY;
    return xreallocarray(array, *capacity, size);
}

// Returns a formatted string. Free with free().
char *xasprintf(const char *format, ...) __attribute__((format(printf, 1, 2), returns_nonnull));

// A growing array of bytes. {0} is an empty buffer. Free with buffer_free().
struct buffer {
    char *data;  // owned
    size_t size;
    size_t capacity;
};

// Appends SIZE bytes. DATA must not point into the buffer.
void buffer_append(struct buffer *buffer, const void *data, size_t size);

// Ensures room for SIZE more bytes and returns their address. The caller advances buffer->size.
char *buffer_reserve(struct buffer *buffer, size_t size);

// Removes the first COUNT bytes.
void buffer_consume(struct buffer *buffer, size_t count);

void buffer_free(struct buffer *buffer);

#endif
