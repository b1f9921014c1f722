// SPDX-License-Identifier: BSD-2-Clause
// Unigram models of sentencepiece: of all ways to spell a text in pieces, the one with the highest
// sum of scores (A. Viterbi, 1967). Sums are of single precision and run over the whole text, and
// of equal ones the first counts, as in the library (EncodeOptimized of sentencepiece 0.2), so that
// ids are the same where rounding decides.

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
    float *scores;       // owned, of each id in the trie
    float unknown_score;
    float largest;       // of the absolute values of all scores
    size_t longest;      // of the texts in the trie, in bytes
    bool spells_words;  // no piece has a space behind something else, and a space is a piece
};

void unigram_free(struct unigram *unigram);

// The length of a part of a text that can be encoded by itself, after those before it: up to a
// space. 0: more is needed to know, unless it is the LAST.
size_t unigram_next_word(const struct unigram *unigram, const uint8_t *text, size_t size,
                         bool last);

struct unigram_encoder;

// TOKENIZER, which has unigrams, must outlive the encoder.
struct unigram_encoder *unigram_encoder_new(const struct tokenizer *tokenizer);
void unigram_encoder_free(struct unigram_encoder *encoder);

// The next part is the first of a text.
void unigram_encoder_restart(struct unigram_encoder *encoder);

// Appends the tokens of COUNT <= MERGER_WORDS_MAX parts to IDS, which stand one after the other
// from TEXT on. WORD_CACHE_MAX + 1 bytes are readable where each begins.
void unigram_encode(struct unigram_encoder *encoder, const uint8_t *text, const size_t *sizes,
                    size_t count, struct id_list *ids);

// Encodes what is certain of the SIZE bytes that a part begins with whose end is not known, and
// returns their number; the rest is the beginning of the next part. SPANS: see below, or NULL.
size_t unigram_encode_front(struct unigram_encoder *encoder, const uint8_t *text, size_t size,
                            struct id_list *ids, struct span_list *spans);

// The same for one part, and appends which of its bytes each token stands for to SPANS.
void unigram_encode_spans(struct unigram_encoder *encoder, const uint8_t *text, size_t size,
                          struct id_list *ids, struct span_list *spans);

#endif
