// SPDX-License-Identifier: BSD-2-Clause
// The tokens of a tokenizer and the merges of pairs, in flat arrays that can be mapped from a file.
//
// Texts are stored as the bytes that they decode to, not as the tokenizer file spells them: a
// byte-level "Ġa" and a sentencepiece "▁a" are both " a".

#ifndef AOTI_TEXT_VOCABULARY_H
#define AOTI_TEXT_VOCABULARY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/memory.h"

enum {
    VOCABULARY_MAX = 1 << 22,  // ids; far above any known vocabulary
    MERGE_RANK_MAX = (1 << 23) - 1,  // merges; likewise
    MERGE_RANK_NONE,                 // greater than every rank
    ID_NONE = -1,
    VOCABULARY_SLACK = 16,  // readable bytes after the last text
    TEXT_SLOT_EMPTY = -1,
    TEXT_SLOT_TAGS = 1 << 9,  // a slot of text_slots holds an id and a tag below this
};

enum token_flag {
    TOKEN_PRESENT = 1 << 0,  // the id is in use
    TOKEN_SPECIAL = 1 << 1,  // a control token; decoding leaves it out
    TOKEN_ADDED = 1 << 2,    // matched as a whole before anything else
    TOKEN_BYTE = 1 << 3,     // one byte of a character without a token, "<0xE4>"
};

// LEFT and RIGHT merge to ID. Among possible merges the lowest RANK goes first.
struct merge {
    int32_t left;  // ID_NONE: an empty slot
    int32_t right;
    int32_t rank;
    int32_t id;
};

struct vocabulary {
    uint32_t count;           // ids are 0 to count - 1
    uint32_t text_slot_mask;  // size of text_slots minus one
    uint32_t merge_mask;      // size of merges minus one
    uint32_t padding;
    const uint32_t *text_offsets;  // [count + 1] offset of each id's text in texts
    const uint8_t *texts;          // all texts, concatenated
    const uint8_t *flags;          // [count] of enum token_flag
    const int32_t *text_slots;     // hash table of texts: an id and a tag of hash bits above it
    const struct merge *merges;    // hash table by left and right
    const struct byte_pair *byte_pairs;  // see byte_pairs.h, or NULL
    const uint64_t *partners;      // [count] a filter for pairs, see vocabulary_may_merge()
};

static inline const uint8_t *vocabulary_text(const struct vocabulary *vocabulary, int32_t id,
                                             size_t *size)
{
    uint32_t begin = vocabulary->text_offsets[id];
    *size = vocabulary->text_offsets[id + 1] - begin;
    return vocabulary->texts + begin;
}

// Returns the id of the model's token with this text, or ID_NONE. Does not search added tokens.
int32_t vocabulary_find(const struct vocabulary *vocabulary, const uint8_t *text, size_t size);

// Like vocabulary_find(), with HASH = hash_bytes() of the text.
int32_t vocabulary_find_hashed(const struct vocabulary *vocabulary, const uint8_t *text,
                               size_t size, uint32_t hash);

// Prefetches the slot that vocabulary_find_hashed() will read first.
static inline void vocabulary_prefetch(const struct vocabulary *vocabulary, uint32_t hash)
{
    __builtin_prefetch(&vocabulary->text_slots[hash & vocabulary->text_slot_mask]);
}

// Returns the bit of partners for a right neighbor ID. The bit for a left neighbor is 32 higher.
static inline unsigned vocabulary_partner(int32_t id)
{
    return ((uint32_t)id * 0x9e3779b1u) >> 27;
}

// Cheap filter: returns false for most pairs that do not merge, true for all that do. Reads one
// word per id.
static inline bool vocabulary_may_merge(const struct vocabulary *vocabulary, int32_t left,
                                        int32_t right)
{
    return vocabulary->partners[left] >> vocabulary_partner(right)
           & vocabulary->partners[right] >> (32 + vocabulary_partner(left)) & 1;
}

// Returns how the two ids merge, or NULL.
const struct merge *vocabulary_merge(const struct vocabulary *vocabulary, int32_t left,
                                     int32_t right);

// Prefetches the slot that vocabulary_merge() will read first.
void vocabulary_prefetch_merge(const struct vocabulary *vocabulary, int32_t left, int32_t right);

// Collects tokens and merges in any order.
struct vocabulary_builder {
    struct buffer texts;
    struct builder_token {
        size_t offset;
        uint32_t size;
        uint8_t flags;
        bool by_text;  // vocabulary_find() finds it
    } *tokens;  // [count], capacity allocated
    uint32_t count, capacity;
    struct merge *merges;  // [merge_count]
    size_t merge_count, merge_capacity;
};

// Sets the text of ID, 0 to VOCABULARY_MAX - 1. BY_TEXT: vocabulary_find() finds it.
void vocabulary_builder_set(struct vocabulary_builder *builder, int32_t id, const void *text,
                            size_t size, unsigned flags, bool by_text);

void vocabulary_builder_merge(struct vocabulary_builder *builder, struct merge merge);

// Builds the arrays and empties the builder. Free with vocabulary_free().
struct vocabulary vocabulary_build(struct vocabulary_builder *builder);
void vocabulary_free(struct vocabulary *vocabulary);

#endif
