// SPDX-License-Identifier: BSD-2-Clause
// Allocation that cannot fail and buffers that grow.

#ifndef AOTI_COMMON_MEMORY_H
#define AOTI_COMMON_MEMORY_H

#include <stddef.h>

// Dies with STATUS_FAILURE and "memory exhausted".
_Noreturn void die_exhausted(void);

// These end the program with STATUS_FAILURE and "memory exhausted" instead of returning NULL.
// The caller owns what they return and gives it to free. A size of 0 is allowed.
void *xmalloc(size_t size) __attribute__((malloc, returns_nonnull));
void *xcalloc(size_t count, size_t size) __attribute__((malloc, returns_nonnull));
void *xreallocarray(void *old, size_t count, size_t size) __attribute__((returns_nonnull));
char *xstrdup(const char *text) __attribute__((malloc, returns_nonnull));

// Returns ARRAY, of which COUNT elements of SIZE bytes are in use, with room for one more. Doubles
// *CAPACITY, its number of elements, when it is full.
static inline void *xgrow(void *array, size_t count, size_t *capacity, size_t size)
{
    enum { FIRST_CAPACITY = 16 };
    if (count < *capacity)
        return array;
    *capacity = 2 * *capacity + FIRST_CAPACITY;
    return xreallocarray(array, *capacity, size);
}

// A formatted string of its own.
char *xasprintf(const char *format, ...) __attribute__((format(printf, 1, 2), returns_nonnull));

// Bytes that grow at the end. All zero is the empty buffer; buffer_free gives it back.
struct buffer {
    char *data;  // owned
    size_t size;
    size_t capacity;
};

// Appends SIZE bytes. DATA must not point into the buffer.
void buffer_append(struct buffer *buffer, const void *data, size_t size);

// Makes room for SIZE more bytes and returns where they go; the caller adds to size what it wrote.
char *buffer_reserve(struct buffer *buffer, size_t size);

// Drops the first COUNT bytes.
void buffer_consume(struct buffer *buffer, size_t count);

void buffer_free(struct buffer *buffer);

#endif
