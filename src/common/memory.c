// SPDX-License-Identifier: BSD-2-Clause

#include "config.h"

#include "common/memory.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/diagnostics.h"

_Noreturn void die_exhausted(void)
{
    die(STATUS_FAILURE, "memory exhausted");
}

// Avoids a size of 0, for which malloc() may return NULL.
static size_t at_least_one(size_t size)
{
    return size == 0 ? 1 : size;
}

void *xmalloc(size_t size)
{
    void *memory = malloc(at_least_one(size));
    if (memory == NULL)
        die_exhausted();
    return memory;
}

void *xcalloc(size_t count, size_t size)
{
    void *memory = calloc(at_least_one(count), at_least_one(size));
    if (memory == NULL)
        die_exhausted();
    return memory;
}

void *xreallocarray(void *old, size_t count, size_t size)
{
    void *memory = reallocarray(old, at_least_one(count), at_least_one(size));
    if (memory == NULL)
        die_exhausted();
    return memory;
}

char *xstrdup(const char *text)
{
    size_t size = strlen(text) + 1;
    return memcpy(xmalloc(size), text, size);
}

char *xasprintf(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    char *text;
    if (vasprintf(&text, format, arguments) < 0)
        die_exhausted();
    va_end(arguments);
    return text;
}

char *buffer_reserve(struct buffer *buffer, size_t size)
{
    if (size > SIZE_MAX / 2 - buffer->size)
        die_exhausted();
    size_t wanted = buffer->size + size;
    if (wanted > buffer->capacity || buffer->data == NULL) {
        size_t doubled = buffer->capacity * 2;
        buffer->capacity = wanted > doubled ? wanted : doubled;
        buffer->data = xreallocarray(buffer->data, buffer->capacity, 1);
    }
    return buffer->data + buffer->size;
}

void buffer_append(struct buffer *buffer, const void *data, size_t size)
{
    if (size == 0)
        return;
    memcpy(buffer_reserve(buffer, size), data, size);
    buffer->size += size;
}

void buffer_consume(struct buffer *buffer, size_t count)
{
    if (count == 0)
        return;
    buffer->size -= count;
    memmove(buffer->data, buffer->data + count, buffer->size);
}

void buffer_free(struct buffer *buffer)
{
    free(buffer->data);
    *buffer = (struct buffer){0};
}
