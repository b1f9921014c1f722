// SPDX-License-Identifier: BSD-2-Clause
// Hashes for short byte strings and for pairs of ids.

#ifndef AOTI_TEXT_HASH_H
#define AOTI_TEXT_HASH_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

// Odd constants with well mixed bits: the golden ratio, and a prime of xxHash.
#define HASH_FACTOR_1 UINT64_C(0x9e3779b97f4a7c15)
#define HASH_FACTOR_2 UINT64_C(0xc2b2ae3d27d4eb4f)

static inline uint32_t hash_mix(uint64_t first, uint64_t second)
{
    uint64_t mixed = (first * HASH_FACTOR_1) ^ (second * HASH_FACTOR_2);
    mixed ^= mixed >> 29;
    mixed *= HASH_FACTOR_1;
    return (uint32_t)(mixed >> 32);
}

static inline uint64_t hash_step(uint64_t state, uint64_t word)
{
    state = (state ^ word) * HASH_FACTOR_1;
    return state ^ state >> 32;
}

static inline uint32_t hash_bytes(const uint8_t *bytes, size_t size)
{
    uint64_t state = size, word;
    for (; size > sizeof word; bytes += sizeof word, size -= sizeof word) {
        memcpy(&word, bytes, sizeof word);
        state = hash_step(state, word);
    }
    word = 0;
    memcpy(&word, bytes, size);
    return hash_mix(state, word);
}

// Returns the smallest power of two that keeps a table of COUNT entries at most two thirds full.
static inline size_t hash_table_size(size_t count)
{
    size_t size = 16;
    while (size / 3 * 2 < count)
        size *= 2;
    return size;
}

#endif
