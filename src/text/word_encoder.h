// SPDX-License-Identifier: BSD-2-Clause
// The interface between normalized text and tokens. Three implementations: merging words of a
// pre-tokenizer (bpe/), finding the most probable pieces, and libsentencepiece (sentencepiece/).

#ifndef AOTI_TEXT_WORD_ENCODER_H
#define AOTI_TEXT_WORD_ENCODER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/id_list.h"
#include "text/alignment.h"
#include "text/tokenizer.h"

enum {
    WORD_READ_AHEAD = 32,    // readable bytes required after the text
    LONG_WORD_SIZE = 1 << 17,  // bytes after which a word is encoded before its end is known
};

// The first member of each implementation.
struct word_encoder {
    // Appends to IDS the tokens of TEXT, SIZE bytes, that do not depend on more text. Returns the
    // bytes they cover; the next call's TEXT starts there. If ENDS, encodes all of TEXT, and the
    // next call starts another text. Unless SPANS is NULL, appends the bytes of TEXT that each
    // token covers to SPANS.
    size_t (*encode)(struct word_encoder *self, const uint8_t *text, size_t size, bool ends,
                     struct id_list *ids, struct span_list *spans);
    void (*free)(struct word_encoder *self);
};

// Each dies with STATUS_INPUT if TOKENIZER, which must outlive the encoder, is not of its kind.
struct word_encoder *bpe_encoder_new(const struct tokenizer *tokenizer);
struct word_encoder *unigram_word_encoder_new(const struct tokenizer *tokenizer);
struct word_encoder *library_encoder_new(const struct tokenizer *tokenizer);

#endif
