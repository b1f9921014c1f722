// SPDX-License-Identifier: BSD-2-Clause
// The characters map of a sentencepiece model, normalizer_spec.precompiled_charsmap: the size of a
// trie, the trie, and the texts that what is found in it is replaced by, each ended by a zero byte.
// The trie is a double array as S. Yata's Darts-clone has it.

#ifndef AOTI_TEXT_NORMALIZE_CHARSMAP_H
#define AOTI_TEXT_NORMALIZE_CHARSMAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct charsmap {
    uint32_t *units;  // owned, [unit_count]; NULL: nothing is replaced
    size_t unit_count;
    char *texts;  // owned, texts_size bytes, the last of them 0
    size_t texts_size;
};

// Reads a map from SIZE > 0 bytes, of which nothing is kept. Returns NULL, or what is wrong with
// it. MAP is to be freed in any case.
const char *charsmap_read(struct charsmap *map, const uint8_t *data, size_t size);
void charsmap_free(struct charsmap *map);

// The length of the longest text that TEXT begins with and that is replaced, by *REPLACEMENT; 0:
// none. *OPEN: more text could make another one longer.
size_t charsmap_find(const struct charsmap *map, const uint8_t *text, size_t size,
                     const char **replacement, bool *open);

// What a unit is: the label of the node, by which its parent knows it, where its children are, and
// whether the one labelled 0 is a value.
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

// Whether the text that TEXT begins with may be replaced.
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
