// SPDX-License-Identifier: BSD-2-Clause
// Merges pairs of bytes ahead of their turn, where that cannot change the result.
//
// How it works: byte-pair encoding merges the pair of lowest rank first, over the whole word. Two
// neighboring bytes a b may merge at once if no merge of a with whatever may stand before it, and
// no merge of b with whatever may stand after it, has a rank as low, and if the token ab takes part
// only in merges of higher rank. Example: with the ranks "th" 0, "he" 1, "the" 2, the bytes t h of
// "the" merge at once: "th" beats "he", and "th" itself is first used at rank 2.
//
// One table entry per pair of bytes holds the bounds. Half of all merges of English text are found
// so, each by one lookup, before the general merge starts.

#ifndef AOTI_TEXT_BPE_BYTE_PAIRS_H
#define AOTI_TEXT_BPE_BYTE_PAIRS_H

#include <stddef.h>
#include <stdint.h>

#include "text/vocabulary.h"

enum {
    // Twelve more than 256, so that rows fall on different sets of the processor's cache.
    BYTE_PAIRS_ROW = 256 + 12,
    BYTE_PAIRS_SIZE = 256 * BYTE_PAIRS_ROW,
};

// Two bytes in a row. Ranks are MERGE_RANK_NONE if there is no such merge.
struct byte_pair {
    int32_t rank;    // of their merge; MERGE_RANK_NONE if the merge must wait for its turn
    int32_t id;      // of the merged token
    int32_t before;  // lowest rank of a merge of "...first" and "second"
    int32_t after;   // lowest rank of a merge of "first" and "second..."
};

// Returns the table [BYTE_PAIRS_SIZE], to be freed with free(), or NULL if two bytes share an id in
// BYTE_IDS [256] or one has none.
struct byte_pair *byte_pairs_new(const struct vocabulary *vocabulary, const int32_t *byte_ids);

// Writes the tokens of the bytes of WORD to SYMBOLS [size], merging the pairs that need not wait.
// Returns the number of symbols.
size_t byte_pairs_merge(const struct byte_pair *pairs, const int32_t *byte_ids,
                        const uint8_t *word, size_t size, int32_t *symbols);

#endif
