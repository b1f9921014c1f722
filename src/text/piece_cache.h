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

#include "common/memory.h"
#include "text/hash.h"
#include "text/id_list.h"

enum {
    PIECE_CACHE_MAX = 31,  // bytes of the longest piece that is remembered
    PIECE_SHORT_MAX = 15,
    PIECE_SHORT_IDS = 3,
    PIECE_LONG_IDS = 7,
    PIECE_SHORT_COUNT = 1 << 15,  // a megabyte: what is used of it stays in the processor's cache
    PIECE_LONG_COUNT = 1 << 14,   // another
};

// The bytes of a piece, padded with zeros, and its size in the last byte of word 1 (up to
// PIECE_SHORT_MAX) or 3.
struct piece_key {
    uint64_t words[4];
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
    struct short_piece *short_pieces;  // owned, [PIECE_SHORT_COUNT]
    struct long_piece *long_pieces;    // owned, [PIECE_LONG_COUNT]
};

static inline void piece_cache_init(struct piece_cache *cache)
{
    cache->short_pieces = xcalloc(PIECE_SHORT_COUNT, sizeof *cache->short_pieces);
    cache->long_pieces = xcalloc(PIECE_LONG_COUNT, sizeof *cache->long_pieces);
}

static inline void piece_cache_free(struct piece_cache *cache)
{
    free(cache->short_pieces);
    free(cache->long_pieces);
}

// The first SIZE bytes of WORD, 1 to 8, and zeros for the rest.
static inline uint64_t piece_key_part(uint64_t word, size_t size)
{
    unsigned gone = (unsigned)(64 - 8 * size);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    return word >> gone << gone;
#else
    return word << gone >> gone;
#endif
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
    uint64_t words[4];
    key->is_short = size <= PIECE_SHORT_MAX;
    if (key->is_short) {
        memcpy(words, piece, 16);
        key->words[0] = size >= 8 ? words[0] : piece_key_part(words[0], size);
        words[1] = size > 8 ? piece_key_part(words[1], size - 8) : 0;
        key->words[1] = piece_key_with_size(words[1], size);
        key->words[2] = key->words[3] = 0;
        return;
    }
    memcpy(words, piece, 32);
    key->words[0] = words[0];
    key->words[1] = words[1];
    key->words[2] = size >= 24 ? words[2] : size > 16 ? piece_key_part(words[2], size - 16) : 0;
    words[3] = size > 24 ? piece_key_part(words[3], size - 24) : 0;
    key->words[3] = piece_key_with_size(words[3], size);
}

static inline struct short_piece *short_place(const struct piece_cache *cache,
                                              const struct piece_key *key)
{
    return &cache->short_pieces[hash_mix(key->words[0], key->words[1]) % PIECE_SHORT_COUNT];
}

static inline struct long_piece *long_place(const struct piece_cache *cache,
                                            const struct piece_key *key)
{
    uint32_t hash = hash_mix(key->words[0] + key->words[2] * HASH_FACTOR_2,
                             key->words[1] + key->words[3] * HASH_FACTOR_1);
    return &cache->long_pieces[hash % PIECE_LONG_COUNT];
}

// Appends the tokens of the piece to IDS if it is remembered.
static inline bool piece_cache_get(const struct piece_cache *cache, const struct piece_key *key,
                                   struct id_list *ids)
{
    if (key->is_short) {
        const struct short_piece *piece = short_place(cache, key);
        if (piece->words[0] == key->words[0] && piece->words[1] == key->words[1]) {
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

// Remembers the COUNT tokens of a piece, if they are not too many.
static inline void piece_cache_put(struct piece_cache *cache, const struct piece_key *key,
                                   const int32_t *ids, size_t count)
{
    if (key->is_short && count <= PIECE_SHORT_IDS) {
        struct short_piece *piece = short_place(cache, key);
        memcpy(piece->words, key->words, sizeof piece->words);
        memcpy(piece->ids, ids, count * sizeof *ids);
        piece->count = (uint32_t)count;
    } else if (count <= PIECE_LONG_IDS) {
        struct long_piece *piece = long_place(cache, key);
        memcpy(piece->words, key->words, sizeof piece->words);
        memcpy(piece->ids, ids, count * sizeof *ids);
        piece->count = (uint32_t)count;
    }
}

#endif
