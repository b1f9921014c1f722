// SPDX-License-Identifier: BSD-2-Clause
// The tokens of a tokenizer and how pairs of them merge, in flat arrays that can be mapped from a
// file.
//
// Texts are stored as the bytes that they stand for, whatever the tokenizer file spells: a
// byte-level "Ġa" and a sentencepiece "▁a" are both " a".

#ifndef AOTI_TEXT_VOCABULARY_H
#define AOTI_TEXT_VOCABULARY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/memory.h"

enum {
    VOCABULARY_MAX = 1 << 22,  // ids, far above any vocabulary known
    MERGE_RANK_MAX = (1 << 23) - 1,  // of merges, far above, too
    MERGE_RANK_NONE,                 // above all
    ID_NONE = -1,
    VOCABULARY_SLACK = 16,  // bytes that can be read behind the last text
    TEXT_SLOT_EMPTY = -1,
    TEXT_SLOT_TAGS = 1 << 9,  // what a slot of text_slots has room for above an id
};

enum token_flag {
    TOKEN_PRESENT = 1 << 0,  // the id is in use
    TOKEN_SPECIAL = 1 << 1,  // a control token: decoding leaves it out
    TOKEN_ADDED = 1 << 2,    // matched as a whole before anything else
    TOKEN_BYTE = 1 << 3,     // one byte of a character that is no token, "<0xE4>"
};

// Merging LEFT and RIGHT gives ID; among possible merges the lowest RANK is done first.
struct merge {
    int32_t left;  // ID_NONE: an empty slot
    int32_t right;
    int32_t rank;
    int32_t id;
};

struct vocabulary {
    uint32_t count;           // ids are 0 to count - 1
    uint32_t text_slot_mask;  // size of text_slots less one
    uint32_t merge_mask;      // size of merges less one
    uint32_t padding;
    const uint32_t *text_offsets;  // [count + 1] where the text of each id begins in texts
    const uint8_t *texts;          // all texts, one after the other
    const uint8_t *flags;          // [count] of enum token_flag
    const int32_t *text_slots;     // by hash of text: an id and, above it, bits of the hash
    const struct merge *merges;    // by hash of left and right
    const struct byte_pair *byte_pairs;  // see byte_pairs.h, or NULL
    const uint64_t *partners;      // [count] what each id merges with, see vocabulary_may_merge
};

static inline const uint8_t *vocabulary_text(const struct vocabulary *vocabulary, int32_t id,
                                             size_t *size)
{
    uint32_t begin = vocabulary->text_offsets[id];
    *size = vocabulary->text_offsets[id + 1] - begin;
    return vocabulary->texts + begin;
}

// The id of the model's token with this text, or ID_NONE. Added tokens are not looked at.
int32_t vocabulary_find(const struct vocabulary *vocabulary, const uint8_t *text, size_t size);

// The same where the hash of the text, that of hash_bytes, is known.
int32_t vocabulary_find_hashed(const struct vocabulary *vocabulary, const uint8_t *text,
                               size_t size, uint32_t hash);

// Has what vocabulary_find_hashed will look at first fetched from memory.
static inline void vocabulary_prefetch(const struct vocabulary *vocabulary, uint32_t hash)
{
    __builtin_prefetch(&vocabulary->text_slots[hash & vocabulary->text_slot_mask]);
}

// The number of the bit of partners for an id to the right. That for one to the left is 32 above.
static inline unsigned vocabulary_partner(int32_t id)
{
    return ((uint32_t)id * 0x9e3779b1u) >> 27;
}

// Whether the two ids perhaps merge; most pairs that do not are told apart by this, which looks at
// little memory, and at the same for each pair of an id.
static inline bool vocabulary_may_merge(const struct vocabulary *vocabulary, int32_t left,
                                        int32_t right)
{
    return vocabulary->partners[left] >> vocabulary_partner(right)
           & vocabulary->partners[right] >> (32 + vocabulary_partner(left)) & 1;
}

// How the two ids merge, or NULL.
const struct merge *vocabulary_merge(const struct vocabulary *vocabulary, int32_t left,
                                     int32_t right);

// Has what vocabulary_merge will look at first fetched from memory.
void vocabulary_prefetch_merge(const struct vocabulary *vocabulary, int32_t left, int32_t right);

// Collects tokens and merges in any order.
struct vocabulary_builder {
    struct buffer texts;
    struct builder_token {
        size_t offset;
        uint32_t size;
        uint8_t flags;
        bool by_text;  // to be found by vocabulary_find
    } *tokens;  // [count], capacity allocated
    uint32_t count, capacity;
    struct merge *merges;  // [merge_count]
    size_t merge_count, merge_capacity;
};

// Sets the text of ID, from 0 to VOCABULARY_MAX - 1. BY_TEXT: vocabulary_find is to find it.
void vocabulary_builder_set(struct vocabulary_builder *builder, int32_t id, const void *text,
                            size_t size, unsigned flags, bool by_text);

void vocabulary_builder_merge(struct vocabulary_builder *builder, struct merge merge);

// Builds the arrays, in memory that vocabulary_free gives back, and empties the builder.
struct vocabulary vocabulary_build(struct vocabulary_builder *builder);
void vocabulary_free(struct vocabulary *vocabulary);

#endif
