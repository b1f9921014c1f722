// SPDX-License-Identifier: BSD-2-Clause
// Encodes text by libsentencepiece, in parts of bounded size if it can be cut.

#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "common/diagnostics.h"
#include "text/sentencepiece/character_spans.h"
#include "text/sentencepiece/library.h"
#include "text/word_encoder.h"

// Maximum size of a part where the text can be cut: the library needs about thirty times the memory
// of its input.
enum { PART_SIZE = 1 << 16 };

struct library_encoder {
    struct word_encoder base;
    const struct tokenizer *tokenizer;
    struct spm_library *library;
    bool open;  // a part of the text has been encoded
};

// Returns true if a word that does not end in white space ends at AT, above 0.
static bool word_ends(const uint8_t *text, size_t at)
{
    return text[at] == ' ' && text[at - 1] > ' ' && text[at - 1] < 0x7f;
}

// Returns the size of the first part of TEXT, 0 if that depends on more text.
static size_t next_part(const struct tokenizer *tokenizer, const uint8_t *text, size_t size,
                        bool last)
{
    if (!tokenizer->rules.cuts_words || size <= PART_SIZE)
        return last ? size : 0;
    for (size_t at = PART_SIZE; at > 0; at--)
        if (word_ends(text, at))
            return at;
    for (size_t at = PART_SIZE; at < size; at++)
        if (word_ends(text, at))
            return at;
    return last ? size : 0;
}

static _Noreturn void die_of_library(const struct library_encoder *encoder)
{
    die(STATUS_FAILURE, "%s: libsentencepiece failed", encoder->tokenizer->name);
}

// Returns true if the library should put a space before the part.
static bool wants_prefix(const struct library_encoder *encoder)
{
    return !encoder->open || encoder->tokenizer->rules.prefix_each_part;
}

static void encode_part(struct library_encoder *encoder, const uint8_t *part, size_t size,
                        struct id_list *ids)
{
    size_t count;
    const int *found = sentencepiece_encode(encoder->library, (const char *)part, size,
                                            wants_prefix(encoder), &count);
    if (found == NULL)
        die_of_library(encoder);
    memcpy(id_list_reserve(ids, count), found, count * sizeof *found);
    ids->count += count;
}

// Appends the spans of the ids from FIRST on, which are the ids of PART.
static void put_part_spans(struct library_encoder *encoder, const uint8_t *part, size_t size,
                           const struct id_list *ids, size_t first, struct span_list *spans)
{
    size_t count, before = spans->count;
    const struct span *found = sentencepiece_spans(encoder->library, (const char *)part, size,
                                                   wants_prefix(encoder), &count);
    if (found == NULL || count != ids->count - first)
        die_of_library(encoder);
    for (size_t i = 0; i < count; i++)
        span_list_put(spans, found[i].begin, found[i].end);
    if (count > 0)
        character_spans_part(&encoder->tokenizer->vocabulary, ids->ids + first,
                             spans->spans + before, count);
}

static size_t library_encode(struct word_encoder *self, const uint8_t *text, size_t size, bool ends,
                             struct id_list *ids, struct span_list *spans)
{
    struct library_encoder *encoder = (struct library_encoder *)self;
    size_t done = 0, part;
    while (done < size
           && (part = next_part(encoder->tokenizer, text + done, size - done, ends)) > 0) {
        size_t first = ids->count, first_span = spans != NULL ? spans->count : 0;
        encode_part(encoder, text + done, part, ids);
        if (spans != NULL) {
            put_part_spans(encoder, text + done, part, ids, first, spans);
            span_list_shift(spans, first_span, done);
        }
        encoder->open = true;
        done += part;
    }
    encoder->open &= !ends;
    return done;
}

static void library_free(struct word_encoder *self)
{
    struct library_encoder *encoder = (struct library_encoder *)self;
    sentencepiece_close(encoder->library);
    free(encoder);
}

struct word_encoder *library_encoder_new(const struct tokenizer *tokenizer)
{
    const char *problem;
    struct library_encoder *encoder = xcalloc(1, sizeof *encoder);
    encoder->base = (struct word_encoder){.encode = library_encode, .free = library_free};
    encoder->tokenizer = tokenizer;
    encoder->library = sentencepiece_open(tokenizer->map.data, tokenizer->map.size, &problem);
    if (encoder->library == NULL)
        die(STATUS_INPUT, "%s: %s", tokenizer->name, problem);
    return &encoder->base;
}
