// SPDX-License-Identifier: BSD-2-Clause
// Pieces of text that were seen before, and their tokens. A place holds the last piece that fell on
// it; nothing is ever allocated or searched.

#ifndef AOTI_TEXT_PIECE_CACHE_H
#define AOTI_TEXT_PIECE_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "common/memory.h"
#include "text/hash.h"
#include "text/id_list.h"

enum {
    PIECE_CACHE_MAX = 31,  // bytes of the longest piece that is remembered
    PIECE_SHORT_MAX = 15,
    PIECE_SHORT_IDS = 3,
    PIECE_LONG_IDS = 7,
    PIECE_MANY_IDS = UINT8_MAX,  // in the place of a count: a short piece stands with the long ones
    PIECE_SHORT_COUNT = 1 << 19,  // sixteen megabytes
    PIECE_LONG_COUNT = 1 << 18,   // sixteen more
    PIECE_CACHE_ALIGNMENT = 1 << 21,  // of huge pages
};

// The bytes of a piece, padded with zeros, and its size in the last byte of word 1 (up to
// PIECE_SHORT_MAX) or 3.
struct piece_key {
    uint64_t words[4];
    uint32_t hash;
    bool is_short;
};

struct short_piece {
    uint64_t words[2];  // all 0: free
    int32_t ids[PIECE_SHORT_IDS];
    uint32_t count;
};

struct long_piece {
    uint64_t words[4];
    int32_t ids[PIECE_LONG_IDS];
    uint32_t count;
};

struct piece_cache {
    void *memory;                      // owned
    struct short_piece *short_pieces;  // [PIECE_SHORT_COUNT]
    struct long_piece *long_pieces;    // [PIECE_LONG_COUNT]
};

// In huge pages, where there are any: a piece may be anywhere, and finding the page would take
// longer than fetching the place.
static inline void piece_cache_init(struct piece_cache *cache)
{
    size_t long_size = PIECE_LONG_COUNT * sizeof *cache->long_pieces;
    size_t size = long_size + PIECE_SHORT_COUNT * sizeof *cache->short_pieces;
    cache->memory = xcalloc(1, size + PIECE_CACHE_ALIGNMENT);
    uintptr_t begin = ((uintptr_t)cache->memory + PIECE_CACHE_ALIGNMENT - 1)
                      / PIECE_CACHE_ALIGNMENT * PIECE_CACHE_ALIGNMENT;
    madvise((void *)begin, size, MADV_HUGEPAGE);
    cache->long_pieces = (struct long_piece *)begin;
    cache->short_pieces = (struct short_piece *)(begin + long_size);
}

static inline void piece_cache_free(struct piece_cache *cache)
{
    free(cache->memory);
}

// WORD, of which the last byte is not in use, with SIZE there. No byte is written by itself:
// reading the word back would have to wait for it.
static inline uint64_t piece_key_with_size(uint64_t word, size_t size)
{
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    return word | size;
#else
    return word | (uint64_t)size << 56;
#endif
}

// SIZE is from 1 to PIECE_CACHE_MAX; 32 bytes are readable at PIECE.
static inline void piece_key_make(struct piece_key *key, const uint8_t *piece, size_t size)
{
    static const uint8_t ones_and_zeros[64] = {
        255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
        255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
    };
    uint64_t words[4], masks[4];
    memcpy(words, piece, sizeof words);
    memcpy(masks, ones_and_zeros + 32 - size, sizeof masks);
    for (int i = 0; i < 4; i++)
        key->words[i] = words[i] & masks[i];
    key->is_short = size <= PIECE_SHORT_MAX;
    key->words[1] = piece_key_with_size(key->words[1], key->is_short ? size : 0);
    key->words[3] = piece_key_with_size(key->words[3], key->is_short ? 0 : size);
    key->hash = hash_mix(key->words[0] + key->words[2] * HASH_FACTOR_2,
                         key->words[1] + key->words[3] * HASH_FACTOR_1);
}

// What hash_bytes makes of the piece.
static inline uint32_t piece_key_text_hash(const struct piece_key *key, size_t size)
{
    size_t last = (size - 1) / sizeof(uint64_t);
    uint64_t state = size, word = key->words[last];
    for (size_t i = 0; i < last; i++)
        state = hash_step(state, key->words[i]);
    bool is_full = size % sizeof word == 0;  // and holds no size
    return hash_mix(state, is_full ? word : word & ~piece_key_with_size(0, UINT8_MAX));
}

static inline struct short_piece *short_place(const struct piece_cache *cache,
                                              const struct piece_key *key)
{
    return &cache->short_pieces[key->hash % PIECE_SHORT_COUNT];
}

static inline struct long_piece *long_place(const struct piece_cache *cache,
                                            const struct piece_key *key)
{
    return &cache->long_pieces[key->hash % PIECE_LONG_COUNT];
}

// Has the place of a piece fetched from memory before it is looked at.
static inline void piece_cache_prefetch(const struct piece_cache *cache,
                                        const struct piece_key *key)
{
    const void *place = short_place(cache, key), *other = long_place(cache, key);
    __builtin_prefetch(key->is_short ? place : other);
}

// Whether the piece is remembered, or may be. Has the rest of what piece_cache_get looks at fetched
// from memory.
static inline bool piece_cache_has(const struct piece_cache *cache, const struct piece_key *key)
{
    const struct short_piece *piece = short_place(cache, key);
    const struct long_piece *other = long_place(cache, key);
    if (!key->is_short)
        return other->words[0] == key->words[0] && other->words[3] == key->words[3];
    if (piece->count == PIECE_MANY_IDS)
        __builtin_prefetch(other);
    return ((piece->words[0] ^ key->words[0]) | (piece->words[1] ^ key->words[1])) == 0;
}

// Appends the tokens of the piece to IDS if it is remembered.
static inline bool piece_cache_get(const struct piece_cache *cache, const struct piece_key *key,
                                   struct id_list *ids)
{
    if (key->is_short) {
        const struct short_piece *piece = short_place(cache, key);
        if ((piece->words[0] ^ key->words[0]) | (piece->words[1] ^ key->words[1]))
            return false;
        if (piece->count != PIECE_MANY_IDS) {
            memcpy(id_list_reserve(ids, PIECE_SHORT_IDS), piece->ids, sizeof piece->ids);
            ids->count += piece->count;
            return true;
        }
    }
    const struct long_piece *piece = long_place(cache, key);
    if ((piece->words[0] ^ key->words[0]) | (piece->words[1] ^ key->words[1])
        | (piece->words[2] ^ key->words[2]) | (piece->words[3] ^ key->words[3]))
        return false;
    memcpy(id_list_reserve(ids, PIECE_LONG_IDS), piece->ids, sizeof piece->ids);
    ids->count += piece->count;
    return true;
}

// Remembers the COUNT tokens of a piece, if they are not too many. PIECE_LONG_IDS are readable at
// IDS in any case.
static inline void piece_cache_put(struct piece_cache *cache, const struct piece_key *key,
                                   const int32_t *ids, size_t count)
{
    bool few = count <= PIECE_SHORT_IDS;
    if (key->is_short && count <= PIECE_LONG_IDS) {
        struct short_piece *piece = short_place(cache, key);
        memcpy(piece->words, key->words, sizeof piece->words);
        memcpy(piece->ids, ids, sizeof piece->ids);
        piece->count = few ? (uint32_t)count : PIECE_MANY_IDS;
    }
    if (count <= PIECE_LONG_IDS && !(key->is_short && few)) {
        struct long_piece *piece = long_place(cache, key);
        memcpy(piece->words, key->words, sizeof piece->words);
        memcpy(piece->ids, ids, sizeof piece->ids);
        piece->count = (uint32_t)count;
    }
}

#endif
