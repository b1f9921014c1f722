// SPDX-License-Identifier: BSD-2-Clause

#include "config.h"

#include "text/encode_library.h"

#include <stdlib.h>
#include <string.h>

#include "common/diagnostics.h"
#include "text/character_spans.h"
#include "text/piece_cache.h"
#include "text/sentencepiece.h"

struct library_encoder {
    const struct tokenizer *tokenizer;
    struct piece_library *library;
    struct piece_cache words;
};

struct library_encoder *library_encoder_new(const struct tokenizer *tokenizer)
{
    const char *problem;
    if (tokenizer->rules.split.kind != SPLIT_BY_LIBRARY)
        return NULL;
    struct library_encoder *encoder = xcalloc(1, sizeof *encoder);
    encoder->tokenizer = tokenizer;
    encoder->library = sentencepiece_open(tokenizer->map.data, tokenizer->map.size, &problem);
    if (encoder->library == NULL)
        die(STATUS_INPUT, "%s: %s", tokenizer->name, problem);
    piece_cache_init(&encoder->words);
    return encoder;
}

void library_encoder_free(struct library_encoder *encoder)
{
    if (encoder == NULL)
        return;
    sentencepiece_close(encoder->library);
    piece_cache_free(&encoder->words);
    free(encoder);
}

static _Noreturn void die_of_library(const struct library_encoder *encoder)
{
    die(STATUS_FAILURE, "%s: libsentencepiece failed", encoder->tokenizer->name);
}

// Whether the library is to put a space before the part.
static bool wants_prefix(const struct library_encoder *encoder, bool first)
{
    return first || encoder->tokenizer->rules.prefix_each_part;
}

static void run(struct library_encoder *encoder, const uint8_t *part, size_t size, bool first,
                struct id_list *ids)
{
    size_t count;
    const int *found = sentencepiece_encode(encoder->library, (const char *)part, size,
                                            wants_prefix(encoder, first), &count);
    if (found == NULL)
        die_of_library(encoder);
    memcpy(id_list_reserve(ids, count + PIECE_LONG_IDS), found, count * sizeof *found);
    ids->count += count;
}

// What the library makes of the first part of a text may differ, and is not remembered then.
void library_encoder_run(struct library_encoder *encoder, const uint8_t *part, size_t size,
                         bool first, struct id_list *ids)
{
    const struct tokenizer_rules *rules = &encoder->tokenizer->rules;
    size_t before = ids->count;
    struct piece_key key;
    if (!rules->words_alone || size > PIECE_CACHE_MAX || (first && !rules->prefix_each_part)) {
        run(encoder, part, size, first, ids);
        return;
    }
    piece_key_make(&key, part, size);
    if (piece_cache_get(&encoder->words, &key, ids))
        return;
    run(encoder, part, size, first, ids);
    piece_cache_put(&encoder->words, &key, ids->ids + before, ids->count - before);
}

void library_encoder_run_spans(struct library_encoder *encoder, const uint8_t *part, size_t size,
                               bool first, struct id_list *ids, struct span_list *spans)
{
    size_t before = ids->count, count;
    run(encoder, part, size, first, ids);
    const struct span *found = sentencepiece_spans(encoder->library, (const char *)part, size,
                                                   wants_prefix(encoder, first), &count);
    if (found == NULL || count != ids->count - before)
        die_of_library(encoder);
    for (size_t i = 0; i < count; i++)
        span_list_put(spans, found[i].begin, found[i].end);
    character_spans_part(&encoder->tokenizer->vocabulary, ids->ids + before, spans);
}
