// SPDX-License-Identifier: BSD-2-Clause
// Token ids to the bytes that they stand for.

#ifndef AOTI_TEXT_DECODE_H
#define AOTI_TEXT_DECODE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/memory.h"
#include "text/tokenizer.h"

struct decoder {
    const struct tokenizer *tokenizer;  // lent
    bool keep_special;                  // control tokens are written, not left out
    bool at_start;                      // nothing of the sequence was decoded yet
};

// Dies with STATUS_INPUT where the tokenizer file says nothing of decoding.
void decoder_init(struct decoder *decoder, const struct tokenizer *tokenizer, bool keep_special);

// Appends the bytes of ID to OUT. Returns false where the vocabulary has no such id.
bool decoder_put(struct decoder *decoder, int32_t id, struct buffer *out);

// The next id begins a new sequence.
void decoder_end_sequence(struct decoder *decoder);

#endif
