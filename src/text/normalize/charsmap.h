// SPDX-License-Identifier: BSD-2-Clause
// The character map of a sentencepiece model, normalizer_spec.precompiled_charsmap: the size of a
// trie, the trie, then the replacement texts, each ended by a zero byte. The trie is a double array
// in the layout of S. Yata's Darts-clone.

#ifndef AOTI_TEXT_NORMALIZE_CHARSMAP_H
#define AOTI_TEXT_NORMALIZE_CHARSMAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct charsmap {
    uint32_t *units;  // owned, [unit_count]; NULL: nothing is replaced
    size_t unit_count;
    char *texts;  // owned, texts_size bytes, the last one 0
    size_t texts_size;
};

// Reads a map from SIZE > 0 bytes and keeps no reference to them. Returns NULL, or the problem.
// Free with charsmap_free() in either case.
const char *charsmap_read(struct charsmap *map, const uint8_t *data, size_t size);
void charsmap_free(struct charsmap *map);

// Returns the length of the longest prefix of TEXT that is replaced, by *REPLACEMENT, or 0. *OPEN:
// more text could lead to a longer one.
size_t charsmap_find(const struct charsmap *map, const uint8_t *text, size_t size,
                     const char **replacement, bool *open);

// Parts of a unit: the label by which its parent knows it, the offset of its children, and whether
// it has a child with label 0, which is a value.
static inline bool charsmap_is_value(uint32_t unit)
{
    return unit >> 31;
}

static inline uint32_t charsmap_label_of(uint32_t unit)
{
    return unit & (UINT32_C(1) << 31 | 0xff);
}

static inline bool charsmap_has_value(uint32_t unit)
{
    return unit >> 8 & 1;
}

static inline uint32_t charsmap_offset_of(uint32_t unit)
{
    return (unit >> 10) << ((unit & 1 << 9) >> 6);
}

// Returns true if a prefix of TEXT may be replaced.
static inline bool charsmap_touches(const struct charsmap *map, const uint8_t *text, size_t size)
{
    if (map->units == NULL)
        return false;
    size_t node = charsmap_offset_of(map->units[0]);
    for (size_t i = 0; i < size; i++) {
        node ^= text[i];
        uint32_t unit = map->units[node];
        if (charsmap_label_of(unit) != text[i])
            return false;
        if (charsmap_has_value(unit))
            return true;
        node ^= charsmap_offset_of(unit);
    }
    return true;
}

#endif
