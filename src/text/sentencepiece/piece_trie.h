// SPDX-License-Identifier: BSD-2-Clause
// A trie of pieces as a double array (J. Aoe, 1989): the children of a node are at its base XOR
// their labels, as in S. Yata's Darts-clone.

#ifndef AOTI_TEXT_SENTENCEPIECE_PIECE_TRIE_H
#define AOTI_TEXT_SENTENCEPIECE_PIECE_TRIE_H

#include <stddef.h>
#include <stdint.h>

enum {
    PIECE_TRIE_ROOT = 0,
    PIECE_TRIE_NONE = UINT32_MAX >> 1,  // no node
    PIECE_TRIE_FREE = 0x100,            // a label that no child has
    PIECE_TRIE_LABEL_BITS = 9,
    PIECE_TRIE_LABEL_MASK = (1 << PIECE_TRIE_LABEL_BITS) - 1,
    PIECE_TRIE_UNITS_MAX = 1 << (32 - PIECE_TRIE_LABEL_BITS),
};

struct piece_trie_unit {
    uint32_t link;  // base, and the label in the low bits
    int32_t id;     // of the piece that ends here, or ID_NONE
    float score;    // of that piece
};

struct piece_trie {
    struct piece_trie_unit *units;  // owned; NULL: no pieces
    size_t count;
};

struct piece_trie_key {
    const uint8_t *text;  // borrowed
    size_t size;          // above 0
    int32_t id;
    float score;
};

// Builds a trie of COUNT pieces and sorts KEYS. If two keys are equal, either one counts. The
// result has no units if there are no pieces or they need more than PIECE_TRIE_UNITS_MAX.
struct piece_trie piece_trie_build(struct piece_trie_key *keys, size_t count);
void piece_trie_free(struct piece_trie *trie);

// Returns the child of NODE for BYTE, or PIECE_TRIE_NONE.
static inline uint32_t piece_trie_step(const struct piece_trie *trie, uint32_t node, uint8_t byte)
{
    if (trie->units == NULL)
        return PIECE_TRIE_NONE;
    uint32_t child = (trie->units[node].link >> PIECE_TRIE_LABEL_BITS) ^ byte;
    uint32_t label = trie->units[child].link & PIECE_TRIE_LABEL_MASK;
    return label == byte ? child : PIECE_TRIE_NONE;
}

#endif
