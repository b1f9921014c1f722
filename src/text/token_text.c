// SPDX-License-Identifier: BSD-2-Clause

#include "config.h"

#include "text/token_text.h"

#include <stdio.h>
#include <string.h>

#include "text/unicode/utf8.h"

static void append_byte(struct buffer *out, uint8_t byte)
{
    static const char named[] = "\n\t\r\\", names[] = "ntr\\";
    char escape[8];
    const char *found = byte != 0 ? strchr(named, byte) : NULL;
    int size;
    if (found != NULL)
        size = snprintf(escape, sizeof escape, "\\%c", names[found - named]);
    else if (byte < 0x20 || byte >= 0x7f)
        size = snprintf(escape, sizeof escape, "\\x%02x", byte);
    else
        size = snprintf(escape, sizeof escape, "%c", byte);
    buffer_append(out, escape, (size_t)size);
}

void token_text_append(const struct tokenizer *tokenizer, int32_t id, struct buffer *out)
{
    size_t size, length;
    const uint8_t *text = vocabulary_text(&tokenizer->vocabulary, id, &size);
    for (size_t at = 0; at < size; at += length) {
        uint32_t code;
        length = utf8_decode(text + at, size - at, &code);
        if (length > 1 && code >= 0xa0)
            buffer_append(out, text + at, length);
        else
            for (size_t i = 0; i < length; i++)
                append_byte(out, text[at + i]);
    }
}

static const char *kind_of(unsigned flags)
{
    if (flags & TOKEN_SPECIAL)
        return "special";
    if (flags & TOKEN_ADDED)
        return "added";
    return flags & TOKEN_BYTE ? "byte" : "model";
}

void token_text_append_all(const struct tokenizer *tokenizer, struct buffer *out)
{
    const struct vocabulary *vocabulary = &tokenizer->vocabulary;
    char text[32];
    for (int32_t id = 0; id < (int32_t)vocabulary->count; id++) {
        if ((vocabulary->flags[id] & TOKEN_PRESENT) == 0)
            continue;
        int size = snprintf(text, sizeof text, "%d\t", id);
        buffer_append(out, text, (size_t)size);
        token_text_append(tokenizer, id, out);
        size = snprintf(text, sizeof text, "\t%s\n", kind_of(vocabulary->flags[id]));
        buffer_append(out, text, (size_t)size);
    }
}
