// SPDX-License-Identifier: BSD-2-Clause
// Token ids to the bytes that they stand for.

#ifndef AOTI_TEXT_DECODE_H
#define AOTI_TEXT_DECODE_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "common/memory.h"
#include "text/tokenizer.h"

// A token that was decoded before, as bytes and nothing else: one look at memory instead of three.
struct plain_token {
    uint8_t text[15];
    uint8_t size;  // 0: not known, or not so plain
};

struct decoder {
    const struct tokenizer *tokenizer;  // lent
    struct plain_token *plain;          // owned, [vocabulary.count]
    bool keep_special;                  // control tokens are written, not left out
    bool at_start;                      // nothing of the sequence was decoded yet
};

// Dies with STATUS_INPUT where the tokenizer file says nothing of decoding.
void decoder_init(struct decoder *decoder, const struct tokenizer *tokenizer, bool keep_special);
void decoder_free(struct decoder *decoder);

// As decoder_put, for any token.
bool decoder_put_any(struct decoder *decoder, int32_t id, struct buffer *out);

// Appends the bytes of ID to OUT. Returns false where the vocabulary has no such id.
static inline bool decoder_put(struct decoder *decoder, int32_t id, struct buffer *out)
{
    if ((uint32_t)id >= decoder->tokenizer->vocabulary.count)
        return false;
    const struct plain_token *token = &decoder->plain[id];
    if (token->size == 0 || decoder->at_start || out->capacity - out->size < sizeof *token)
        return decoder_put_any(decoder, id, out);
    memcpy(out->data + out->size, token, sizeof *token);
    out->size += token->size;
    return true;
}

// The next id begins a new sequence.
void decoder_end_sequence(struct decoder *decoder);

#endif
