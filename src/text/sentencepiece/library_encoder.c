// SPDX-License-Identifier: BSD-2-Clause

#include "config.h"

#include "text/sentencepiece/library_encoder.h"

#include <stdlib.h>
#include <string.h>

#include "common/diagnostics.h"
#include "text/sentencepiece/character_spans.h"
#include "text/sentencepiece/library.h"

struct library_encoder {
    const struct tokenizer *tokenizer;
    struct spm_library *library;
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
    return encoder;
}

void library_encoder_free(struct library_encoder *encoder)
{
    if (encoder == NULL)
        return;
    sentencepiece_close(encoder->library);
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

void library_encoder_run(struct library_encoder *encoder, const uint8_t *part, size_t size,
                         bool first, struct id_list *ids)
{
    size_t count;
    const int *found = sentencepiece_encode(encoder->library, (const char *)part, size,
                                            wants_prefix(encoder, first), &count);
    if (found == NULL)
        die_of_library(encoder);
    memcpy(id_list_reserve(ids, count), found, count * sizeof *found);
    ids->count += count;
}

void library_encoder_run_spans(struct library_encoder *encoder, const uint8_t *part, size_t size,
                               bool first, struct id_list *ids, struct span_list *spans)
{
    size_t before = ids->count, count;
    library_encoder_run(encoder, part, size, first, ids);
    const struct span *found = sentencepiece_spans(encoder->library, (const char *)part, size,
                                                   wants_prefix(encoder, first), &count);
    if (found == NULL || count != ids->count - before)
        die_of_library(encoder);
    for (size_t i = 0; i < count; i++)
        span_list_put(spans, found[i].begin, found[i].end);
    character_spans_part(&encoder->tokenizer->vocabulary, ids->ids + before, spans);
}
