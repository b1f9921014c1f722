// SPDX-License-Identifier: BSD-2-Clause
// A direct-mapped cache of words and their tokens. A new word replaces the one in its place;
// nothing is allocated or searched after word_cache_init().

#ifndef AOTI_TEXT_WORD_CACHE_H
#define AOTI_TEXT_WORD_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "common/id_list.h"
#include "common/memory.h"
#include "text/hash.h"

enum {
    WORD_CACHE_MAX = 31,  // bytes of the longest word cached
    WORD_SHORT_MAX = 15,
    WORD_SHORT_IDS = 3,
    WORD_LONG_IDS = 7,
    WORD_MANY_IDS = UINT8_MAX,  // instead of a count: a short word kept with the long ones
    WORD_SHORT_COUNT = 1 << 19,  // 16 MiB
    WORD_LONG_COUNT = 1 << 18,   // 16 MiB
    WORD_CACHE_ALIGNMENT = 1 << 21,  // huge pages
};

// The bytes of a word, padded with zeros, with its size in the last byte of words[1] (up to
// WORD_SHORT_MAX) or words[3].
struct word_key {
    uint64_t words[4];
    uint32_t hash;
    bool is_short;
};

struct short_entry {
    uint64_t words[2];  // all 0: free
    int32_t ids[WORD_SHORT_IDS];
    uint32_t count;
};

struct long_entry {
    uint64_t words[4];
    int32_t ids[WORD_LONG_IDS];
    uint32_t count;
};

struct word_cache {
    void *memory;                      // owned
    struct short_entry *short_entries;  // [WORD_SHORT_COUNT]
    struct long_entry *long_entries;    // [WORD_LONG_COUNT]
};

// Uses huge pages if there are any: words are spread at random, and walking the page tables would
// take longer than fetching the entry.
static inline void word_cache_init(struct word_cache *cache)
{
    size_t long_size = WORD_LONG_COUNT * sizeof *cache->long_entries;
    size_t size = long_size + WORD_SHORT_COUNT * sizeof *cache->short_entries;
    cache->memory = xcalloc(1, size + WORD_CACHE_ALIGNMENT);
    uintptr_t begin = ((uintptr_t)cache->memory + WORD_CACHE_ALIGNMENT - 1)
                      / WORD_CACHE_ALIGNMENT * WORD_CACHE_ALIGNMENT;
    madvise((void *)begin, size, MADV_HUGEPAGE);
    cache->long_entries = (struct long_entry *)begin;
    cache->short_entries = (struct short_entry *)(begin + long_size);
}

static inline void word_cache_free(struct word_cache *cache)
{
    free(cache->memory);
}

// Returns WORD with SIZE in its last byte, which must be 0. Storing that byte by itself would stall
// the load that follows.
static inline uint64_t word_key_with_size(uint64_t word, size_t size)
{
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    return word | size;
#else
    return word | (uint64_t)size << 56;
#endif
}

// SIZE is from 1 to WORD_CACHE_MAX. 32 bytes must be readable at WORD.
static inline void word_key_make(struct word_key *key, const uint8_t *word, size_t size)
{
    static const uint8_t ones_and_zeros[64] = {
        255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
        255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
    };
    uint64_t words[4], masks[4];
    memcpy(words, word, sizeof words);
    memcpy(masks, ones_and_zeros + 32 - size, sizeof masks);
    for (int i = 0; i < 4; i++)
        key->words[i] = words[i] & masks[i];
    key->is_short = size <= WORD_SHORT_MAX;
    key->words[1] = word_key_with_size(key->words[1], key->is_short ? size : 0);
    key->words[3] = word_key_with_size(key->words[3], key->is_short ? 0 : size);
    key->hash = hash_mix(key->words[0] + key->words[2] * HASH_FACTOR_2,
                         key->words[1] + key->words[3] * HASH_FACTOR_1);
}

// Returns hash_bytes() of the word.
static inline uint32_t word_key_text_hash(const struct word_key *key, size_t size)
{
    size_t last = (size - 1) / sizeof(uint64_t);
    uint64_t state = size, word = key->words[last];
    for (size_t i = 0; i < last; i++)
        state = hash_step(state, key->words[i]);
    bool is_full = size % sizeof word == 0;  // no size in the last word
    return hash_mix(state, is_full ? word : word & ~word_key_with_size(0, UINT8_MAX));
}

static inline struct short_entry *short_place(const struct word_cache *cache,
                                              const struct word_key *key)
{
    return &cache->short_entries[key->hash % WORD_SHORT_COUNT];
}

static inline struct long_entry *long_place(const struct word_cache *cache,
                                            const struct word_key *key)
{
    return &cache->long_entries[key->hash % WORD_LONG_COUNT];
}

// Prefetches the entry of a word.
static inline void word_cache_prefetch(const struct word_cache *cache,
                                        const struct word_key *key)
{
    const void *place = short_place(cache, key), *other = long_place(cache, key);
    __builtin_prefetch(key->is_short ? place : other);
}

// Returns true if the word may be in the cache. Prefetches what else word_cache_get() reads.
static inline bool word_cache_has(const struct word_cache *cache, const struct word_key *key)
{
    const struct short_entry *entry = short_place(cache, key);
    const struct long_entry *other = long_place(cache, key);
    if (!key->is_short)
        return other->words[0] == key->words[0] && other->words[3] == key->words[3];
    if (entry->count == WORD_MANY_IDS)
        __builtin_prefetch(other);
    return ((entry->words[0] ^ key->words[0]) | (entry->words[1] ^ key->words[1])) == 0;
}

// Appends the tokens of the word to IDS if it is in the cache. Returns false otherwise.
static inline bool word_cache_get(const struct word_cache *cache, const struct word_key *key,
                                   struct id_list *ids)
{
    if (key->is_short) {
        const struct short_entry *entry = short_place(cache, key);
        if ((entry->words[0] ^ key->words[0]) | (entry->words[1] ^ key->words[1]))
            return false;
        if (entry->count != WORD_MANY_IDS) {
            memcpy(id_list_reserve(ids, WORD_SHORT_IDS), entry->ids, sizeof entry->ids);
            ids->count += entry->count;
            return true;
        }
    }
    const struct long_entry *entry = long_place(cache, key);
    if ((entry->words[0] ^ key->words[0]) | (entry->words[1] ^ key->words[1])
        | (entry->words[2] ^ key->words[2]) | (entry->words[3] ^ key->words[3]))
        return false;
    memcpy(id_list_reserve(ids, WORD_LONG_IDS), entry->ids, sizeof entry->ids);
    ids->count += entry->count;
    return true;
}

// Stores the COUNT tokens of a word, unless they are too many. WORD_LONG_IDS ids must be readable
// at IDS.
static inline void word_cache_put(struct word_cache *cache, const struct word_key *key,
                                   const int32_t *ids, size_t count)
{
    bool few = count <= WORD_SHORT_IDS;
    if (key->is_short && count <= WORD_LONG_IDS) {
        struct short_entry *entry = short_place(cache, key);
        memcpy(entry->words, key->words, sizeof entry->words);
        memcpy(entry->ids, ids, sizeof entry->ids);
        entry->count = few ? (uint32_t)count : WORD_MANY_IDS;
    }
    if (count <= WORD_LONG_IDS && !(key->is_short && few)) {
        struct long_entry *entry = long_place(cache, key);
        memcpy(entry->words, key->words, sizeof entry->words);
        memcpy(entry->ids, ids, sizeof entry->ids);
        entry->count = (uint32_t)count;
    }
}

#endif
