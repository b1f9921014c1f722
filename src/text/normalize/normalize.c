// SPDX-License-Identifier: BSD-2-Clause

#include "config.h"

#include "text/normalize/normalize.h"

#include <string.h>

#include "text/unicode/utf8.h"

enum {
    // Characters with a smaller first byte, below U+0300, are their own form C.
    SIMPLE_LIMIT = 0xcc,
    NO_CHARACTER = 0x200000,  // stands for invalid bytes: this value plus the byte
};

// Records that the next bytes of OUT are the next SIZE bytes of the source, unchanged.
static void note_same(struct normalizer *normalizer, const struct buffer *out, size_t size)
{
    if (normalizer->alignment != NULL && size > 0)
        alignment_run(normalizer->alignment, normalizer->origin + out->size, normalizer->source);
    normalizer->source += size;
}

// Records that the next bytes of OUT come from the next SIZE bytes of the source together.
static void note_other(struct normalizer *normalizer, const struct buffer *out, size_t size)
{
    if (normalizer->alignment != NULL)
        alignment_block(normalizer->alignment, normalizer->origin + out->size, normalizer->source,
                        size);
    normalizer->source += size;
}

// Copies text and turns each ▁ into a space.
static void copy_metaspaces(struct normalizer *normalizer, const uint8_t *text, size_t size,
                           struct buffer *out)
{
    for (;;) {
        const uint8_t *found = memmem(text, size, METASPACE_TEXT, METASPACE_SIZE);
        size_t plain = found != NULL ? (size_t)(found - text) : size;
        note_same(normalizer, out, plain);
        buffer_append(out, text, plain);
        if (found == NULL)
            return;
        note_other(normalizer, out, (size_t)METASPACE_SIZE);
        buffer_append(out, " ", 1);
        text += plain + (size_t)METASPACE_SIZE;
        size -= plain + (size_t)METASPACE_SIZE;
    }
}

static void copy(struct normalizer *normalizer, const uint8_t *text, size_t size,
                 struct buffer *out)
{
    if (normalizer->rules->metaspace_space) {
        copy_metaspaces(normalizer, text, size, out);
        return;
    }
    note_same(normalizer, out, size);
    buffer_append(out, text, size);
}

// An invalid byte ends the segment before it and is kept as it is.
static bool begins_segment(const uint8_t *text, size_t size, size_t *length)
{
    uint32_t code;
    *length = utf8_decode(text, size, &code);
    return nfc_class(code) == 0;
}

// Returns where the first segment of TEXT after FROM begins, or SIZE.
static size_t next_segment(const uint8_t *text, size_t from, size_t size)
{
    size_t length;
    while (from < size && !begins_segment(text + from, size - from, &length))
        from += length;
    return from;
}

// Returns where the last segment of TEXT begins.
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

// Writes the form C of a segment to normalizer->composed.
static void compose_aside(struct normalizer *normalizer, const uint8_t *text, size_t size)
{
    struct nfc_segment *segment = &normalizer->segment;
    struct buffer *out = &normalizer->composed;
    uint32_t code;
    segment->count = 0;
    for (size_t at = 0; at < size;) {
        const uint8_t *here = text + at;
        at += utf8_decode(here, size - at, &code);
        nfc_segment_put(segment, code == UTF8_INVALID ? (uint32_t)NO_CHARACTER + *here : code);
    }
    nfc_segment_compose(segment);
    out->size = 0;
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

static bool begins_character(uint8_t byte)
{
    return (byte & 0xc0) != 0x80;
}

// Returns the number of bytes in the longest common prefix of whole characters, up to SIZE.
static size_t common_head(const uint8_t *a, const uint8_t *b, size_t size)
{
    size_t head = 0, whole = 0;
    for (; head < size && a[head] == b[head]; head++)
        if (begins_character(a[head]))
            whole = head;
    return head == size ? head : begins_character(a[head]) && begins_character(b[head]) ? head
                                                                                        : whole;
}

// Likewise for the longest common suffix; A and B point to the ends.
static size_t common_tail(const uint8_t *a, const uint8_t *b, size_t size)
{
    size_t tail = 0, whole = 0;
    while (tail < size && a[-1 - (ptrdiff_t)tail] == b[-1 - (ptrdiff_t)tail])
        if (begins_character(a[-1 - (ptrdiff_t)tail++]))
            whole = tail;
    return whole;
}

// Unchanged characters at both ends map to themselves; everything between maps to all between.
static void compose_segment(struct normalizer *normalizer, const uint8_t *text, size_t size,
                            struct buffer *out)
{
    compose_aside(normalizer, text, size);
    const uint8_t *made = (const uint8_t *)normalizer->composed.data;
    size_t made_size = normalizer->composed.size, most = size < made_size ? size : made_size;
    size_t head = common_head(text, made, most);
    size_t tail = common_tail(text + size, made + made_size, most - head);
    copy(normalizer, text, head, out);
    if (size > head + tail || made_size > head + tail) {
        note_other(normalizer, out, size - head - tail);
        buffer_append(out, made + head, made_size - head - tail);
    }
    copy(normalizer, text + size - tail, tail, out);
}

// Converts whole segments to form C. Most are single characters that do not change.
static void compose(struct normalizer *normalizer, const uint8_t *text, size_t size,
                    struct buffer *out)
{
    size_t plain = 0, at = 0, length;
    while (at < size) {
        if (text[at] < SIMPLE_LIMIT && (at + 1 == size || text[at + 1] < SIMPLE_LIMIT)) {
            at++;
            continue;
        }
        if (text[at] < SIMPLE_LIMIT)  // may be a continuation byte: go back to the first byte
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

// Composes the held text and TEXT except for the last segment, which is held in turn.
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

// Runs the sentencepiece normalizer on the held text and TEXT.
static void normalize_spm(struct normalizer *normalizer, const uint8_t *text, size_t size,
                             bool ends, struct buffer *out)
{
    struct buffer *held = &normalizer->held;
    struct spm_normalizer *spm = &normalizer->spm;
    spm->alignment = normalizer->alignment;
    spm->source = normalizer->source;
    spm->origin = normalizer->origin;
    if (held->size == 0) {
        size_t done = spm_normalize(spm, text, size, ends, out);
        buffer_append(held, text + done, size - done);
    } else {
        buffer_append(held, text, size);
        buffer_consume(held, spm_normalize(spm, (uint8_t *)held->data, held->size, ends, out));
    }
}

void normalize(struct normalizer *normalizer, const uint8_t *text, size_t size, bool ends,
               struct buffer *out)
{
    const struct tokenizer_rules *rules = normalizer->rules;
    if (normalizer->spm.rules != NULL) {
        normalize_spm(normalizer, text, size, ends, out);
        return;
    }
    if (rules->fragment_prefix == PREFIX_ALWAYS && !normalizer->started && size > 0) {
        note_other(normalizer, out, 0);
        buffer_append(out, " ", 1);
    }
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
    buffer_free(&normalizer->composed);
    spm_normalizer_free(&normalizer->spm);
}
