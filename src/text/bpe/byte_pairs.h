// SPDX-License-Identifier: BSD-2-Clause
// Merges of two bytes that need not wait for their turn.
//
// Merging goes by rank, over the whole word. Two neighbouring bytes merge before anything else
// comes near them if, by their neighbours, no merge of either byte with what may stand on its other
// side has a rank as low. Doing that first changes nothing if what they become is part of merges of
// higher ranks only. Half of all merges are such, and are found by one look at each pair of bytes.

#ifndef AOTI_TEXT_BPE_BYTE_PAIRS_H
#define AOTI_TEXT_BPE_BYTE_PAIRS_H

#include <stddef.h>
#include <stdint.h>

#include "text/vocabulary.h"

enum {
    // Rows begin at different distances from the processor's cache sets.
    BYTE_PAIRS_ROW = 256 + 12,
    BYTE_PAIRS_SIZE = 256 * BYTE_PAIRS_ROW,
};

// Of two bytes in a row. Ranks are MERGE_RANK_NONE where there is no such merge.
struct byte_pair {
    int32_t rank;    // of their merge, or MERGE_RANK_NONE where that must wait for its turn
    int32_t id;      // what it gives
    int32_t before;  // the lowest of what ends in the first byte and the second byte alone
    int32_t after;   // the lowest of the first byte alone and what begins with the second
};

// Returns [BYTE_PAIRS_SIZE], which the caller owns, or NULL where not every byte has a token of its
// own in BYTE_IDS [256].
struct byte_pair *byte_pairs_new(const struct vocabulary *vocabulary, const int32_t *byte_ids);

// Writes the tokens of the bytes of PIECE to SYMBOLS, those that need not wait merged, and returns
// how many there are, at most SIZE.
size_t byte_pairs_merge(const struct byte_pair *pairs, const int32_t *byte_ids,
                        const uint8_t *word, size_t size, int32_t *symbols);

#endif
