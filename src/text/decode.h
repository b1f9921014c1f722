// SPDX-License-Identifier: BSD-2-Clause
// Turns token ids into bytes.

#ifndef AOTI_TEXT_DECODE_H
#define AOTI_TEXT_DECODE_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "common/memory.h"
#include "text/tokenizer.h"

// A token decoded before as a plain byte string: one memory access instead of three.
struct plain_token {
    uint8_t text[15];
    uint8_t size;  // 0: not known, or too long
};

struct decoder {
    const struct tokenizer *tokenizer;  // borrowed
    struct plain_token *plain;          // owned, [vocabulary.count]
    bool keep_special;                  // write control tokens instead of leaving them out
    bool at_start;                      // nothing of the sequence has been decoded yet
};

// Dies with STATUS_INPUT if the tokenizer file has no decoder.
void decoder_init(struct decoder *decoder, const struct tokenizer *tokenizer, bool keep_special);
void decoder_free(struct decoder *decoder);

// Like decoder_put(), without the fast path.
bool decoder_put_any(struct decoder *decoder, int32_t id, struct buffer *out);

// Appends the bytes of ID to OUT. Returns false if ID is not in the vocabulary.
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

// Ends the sequence: the next id begins a new one.
void decoder_end_sequence(struct decoder *decoder);

#endif
