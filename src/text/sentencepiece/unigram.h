// SPDX-License-Identifier: BSD-2-Clause
// Unigram models of sentencepiece: finds the way to spell a text in pieces with the highest sum of
// scores (A. Viterbi, 1967). Sums are single precision and run over the whole text, and the first
// of equal sums wins, as in the library (EncodeOptimized of sentencepiece 0.2), so that ids are the
// same even where rounding decides.

#ifndef AOTI_TEXT_SENTENCEPIECE_UNIGRAM_H
#define AOTI_TEXT_SENTENCEPIECE_UNIGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/id_list.h"
#include "text/alignment.h"
#include "text/sentencepiece/piece_trie.h"
#include "text/tokenizer.h"

struct unigram {
    struct piece_trie trie;
    float *scores;       // owned, by id
    float unknown_score;
    float largest;       // largest absolute value of a score
    size_t longest;      // longest text in the trie, in bytes
    bool spells_words;  // a space is a piece, and no other piece has a space after something else
};

void unigram_free(struct unigram *unigram);

// Returns the length of the first part of TEXT that can be encoded by itself, up to a space, or 0
// if more text is needed. If LAST, the text ends here and the result is never 0.
size_t unigram_next_word(const struct unigram *unigram, const uint8_t *text, size_t size,
                         bool last);

struct unigram_encoder;

// TOKENIZER must have a unigram model and outlive the encoder.
struct unigram_encoder *unigram_encoder_new(const struct tokenizer *tokenizer);
void unigram_encoder_free(struct unigram_encoder *encoder);

// Starts a new text.
void unigram_encoder_restart(struct unigram_encoder *encoder);

// Appends the tokens of COUNT <= MERGER_WORDS_MAX parts to IDS. The parts follow each other from
// TEXT on. WORD_CACHE_MAX + 1 bytes must be readable where each begins.
void unigram_encode(struct unigram_encoder *encoder, const uint8_t *text, const size_t *sizes,
                    size_t count, struct id_list *ids);

// Encodes what is certain of a part whose end is not known, SIZE bytes so far. Returns the bytes
// encoded; the rest begins the next part. Unless SPANS is NULL, see unigram_encode_spans().
size_t unigram_encode_front(struct unigram_encoder *encoder, const uint8_t *text, size_t size,
                            struct id_list *ids, struct span_list *spans);

// Encodes one part and appends the bytes that each token covers to SPANS.
void unigram_encode_spans(struct unigram_encoder *encoder, const uint8_t *text, size_t size,
                          struct id_list *ids, struct span_list *spans);

#endif
