// SPDX-License-Identifier: BSD-2-Clause
// How normalized text becomes tokens. There are three ways: the words of a pre-tokenizer are merged
// (bpe/), the most probable pieces are found, or libsentencepiece does it (sentencepiece/).

#ifndef AOTI_TEXT_WORD_ENCODER_H
#define AOTI_TEXT_WORD_ENCODER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/id_list.h"
#include "text/alignment.h"
#include "text/tokenizer.h"

enum {
    WORD_READ_AHEAD = 32,    // bytes after the text that must be readable
    LONG_WORD_SIZE = 1 << 17,  // a word of that many bytes is encoded before its end is known
};

// The first member of each of the three.
struct word_encoder {
    // Appends to IDS the tokens of TEXT, SIZE bytes, as far as they do not depend on more text, and
    // returns how many bytes these take. TEXT goes on where the last call stopped. If it ENDS, all
    // of it is encoded, and the next call begins another text. Unless SPANS is NULL, appends to
    // SPANS for each token which bytes of TEXT it stands for.
    size_t (*encode)(struct word_encoder *self, const uint8_t *text, size_t size, bool ends,
                     struct id_list *ids, struct span_list *spans);
    void (*free)(struct word_encoder *self);
};

// Each dies with STATUS_INPUT if TOKENIZER, which must outlive the encoder, is not of its kind.
struct word_encoder *bpe_encoder_new(const struct tokenizer *tokenizer);
struct word_encoder *unigram_word_encoder_new(const struct tokenizer *tokenizer);
struct word_encoder *library_encoder_new(const struct tokenizer *tokenizer);

#endif
