// SPDX-License-Identifier: BSD-2-Clause

#include "config.h"

#include "text/normalize.h"

#include <string.h>

#include "text/utf8.h"

enum {
    // All characters whose first byte is below are their own form C: they end before U+0300.
    SIMPLE_LIMIT = 0xcc,
    NO_CHARACTER = 0x200000,  // bytes that are no character go through segments as this and more
};

static const uint8_t low_line[] = {0xe2, 0x96, 0x81};  // U+2581

// Copies text with each ▁ turned into a space.
static void copy_low_lines(const uint8_t *text, size_t size, struct buffer *out)
{
    for (;;) {
        const uint8_t *found = memmem(text, size, low_line, sizeof low_line);
        size_t plain = found != NULL ? (size_t)(found - text) : size;
        buffer_append(out, text, plain);
        if (found == NULL)
            return;
        buffer_append(out, " ", 1);
        text += plain + sizeof low_line;
        size -= plain + sizeof low_line;
    }
}

static void copy(const struct normalizer *normalizer, const uint8_t *text, size_t size,
                 struct buffer *out)
{
    if (normalizer->rules->low_line_space)
        copy_low_lines(text, size, out);
    else
        buffer_append(out, text, size);
}

// A byte that is no character ends what is before it and is kept as it is.
static bool begins_segment(const uint8_t *text, size_t size, size_t *length)
{
    uint32_t code;
    *length = utf8_decode(text, size, &code);
    return nfc_class(code) == 0;
}

// Where the first segment of TEXT after FROM begins, or SIZE.
static size_t next_segment(const uint8_t *text, size_t from, size_t size)
{
    size_t length;
    while (from < size && !begins_segment(text + from, size - from, &length))
        from += length;
    return from;
}

// Where the last segment of TEXT begins.
static size_t last_segment(const uint8_t *text, size_t size)
{
    size_t length, at = size;
    while (at > 0) {
        at = (size_t)(utf8_previous(text, text + at) - text);
        if (begins_segment(text + at, size - at, &length))
            break;
    }
    return at;
}

static void compose_segment(struct normalizer *normalizer, const uint8_t *text, size_t size,
                            struct buffer *out)
{
    struct nfc_segment *segment = &normalizer->segment;
    uint32_t code;
    segment->count = 0;
    for (size_t at = 0; at < size;) {
        const uint8_t *here = text + at;
        at += utf8_decode(here, size - at, &code);
        nfc_segment_put(segment, code == UTF8_INVALID ? (uint32_t)NO_CHARACTER + *here : code);
    }
    nfc_segment_compose(segment);
    uint8_t *to = (uint8_t *)buffer_reserve(out, segment->count * UTF8_MAX);
    for (size_t i = 0; i < segment->count; i++) {
        code = segment->codes[i];
        if (code < NO_CHARACTER)
            to += utf8_encode(code, to);
        else
            *to++ = (uint8_t)(code - NO_CHARACTER);
    }
    out->size = (size_t)(to - (uint8_t *)out->data);
}

// Brings whole segments to form C. Most are one character and stay.
static void compose(struct normalizer *normalizer, const uint8_t *text, size_t size,
                    struct buffer *out)
{
    size_t plain = 0, at = 0, length;
    while (at < size) {
        if (text[at] < SIMPLE_LIMIT && (at + 1 == size || text[at + 1] < SIMPLE_LIMIT)) {
            at++;
            continue;
        }
        if (text[at] < SIMPLE_LIMIT)  // perhaps the end of its character: go to the beginning
            at = (size_t)(utf8_previous(text + plain, text + at + 1) - text);
        bool simple = begins_segment(text + at, size - at, &length);
        size_t end = next_segment(text, at + length, size);
        if (simple && end == at + length) {
            at = end;
            continue;
        }
        copy(normalizer, text + plain, at - plain, out);
        compose_segment(normalizer, text + at, end - at, out);
        plain = at = end;
    }
    copy(normalizer, text + plain, size - plain, out);
}

// Composes what is held and TEXT, up to the last segment, which is held in turn.
static void compose_certain(struct normalizer *normalizer, const uint8_t *text, size_t size,
                            bool ends, struct buffer *out)
{
    struct buffer *held = &normalizer->held;
    if (held->size > 0) {
        size_t rest = ends ? size : next_segment(text, 0, size);
        buffer_append(held, text, rest);
        if (!ends && rest == size)
            return;
        compose(normalizer, (uint8_t *)held->data, held->size, out);
        held->size = 0;
        text += rest;
        size -= rest;
    }
    size_t certain = ends ? size : last_segment(text, size);
    compose(normalizer, text, certain, out);
    buffer_append(held, text + certain, size - certain);
}

void normalize(struct normalizer *normalizer, const uint8_t *text, size_t size, bool ends,
               struct buffer *out)
{
    const struct tokenizer_rules *rules = normalizer->rules;
    if (rules->fragment_prefix == PREFIX_ALWAYS && !normalizer->started && size > 0)
        buffer_append(out, " ", 1);
    normalizer->started = !ends && (normalizer->started || size > 0);
    if (rules->nfc)
        compose_certain(normalizer, text, size, ends, out);
    else
        copy(normalizer, text, size, out);
}

void normalizer_free(struct normalizer *normalizer)
{
    buffer_free(&normalizer->held);
    nfc_segment_free(&normalizer->segment);
}
