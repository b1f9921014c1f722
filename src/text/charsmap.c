// SPDX-License-Identifier: BSD-2-Clause

#include "config.h"

#include "text/charsmap.h"

#include <stdlib.h>
#include <string.h>

#include "common/memory.h"

enum {
    BLOCK_UNITS = 256,  // the children of a node lie in one block
    BLOCK_BYTES = BLOCK_UNITS * sizeof(uint32_t),
    FOUND_MAX = 32,  // of the texts that one begins with, the library looks at the first
};

// What a unit is: the label of the node, by which its parent knows it, where its children are, and
// whether the one labelled 0 is a value.
static bool is_value(uint32_t unit)
{
    return unit >> 31;
}

static uint32_t label_of(uint32_t unit)
{
    return unit & (UINT32_C(1) << 31 | 0xff);
}

static bool has_value(uint32_t unit)
{
    return unit >> 8 & 1;
}

static uint32_t offset_of(uint32_t unit)
{
    return (unit >> 10) << ((unit & 1 << 9) >> 6);
}

static uint32_t value_of(uint32_t unit)
{
    return unit & 0x7fffffff;
}

static uint32_t read_u32(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16
           | (uint32_t)bytes[3] << 24;
}

// Whether all that is followed from the unit lies in the arrays. Nothing is checked afterwards.
static bool is_sound(const struct charsmap *map, size_t at)
{
    uint32_t unit = map->units[at];
    if (is_value(unit))
        return at > 0 && value_of(unit) < map->texts_size;
    size_t children = at ^ offset_of(unit);
    return children < map->unit_count && (!has_value(unit) || is_value(map->units[children]))
           && (at > 0 || !has_value(unit));
}

const char *charsmap_read(struct charsmap *map, const uint8_t *data, size_t size)
{
    *map = (struct charsmap){0};
    size_t trie_size = size > sizeof(uint32_t) ? read_u32(data) : 0;
    if (trie_size < BLOCK_BYTES || trie_size % BLOCK_BYTES != 0
        || trie_size >= size - sizeof(uint32_t) || data[size - 1] != 0)
        return "its characters map is broken";
    map->unit_count = trie_size / sizeof *map->units;
    map->units = xcalloc(map->unit_count, sizeof *map->units);
    data += sizeof(uint32_t);
    for (size_t i = 0; i < map->unit_count; i++)
        map->units[i] = read_u32(data + i * sizeof(uint32_t));
    map->texts_size = size - sizeof(uint32_t) - trie_size;
    map->texts = xmalloc(map->texts_size);
    memcpy(map->texts, data + trie_size, map->texts_size);
    for (size_t i = 0; i < map->unit_count; i++)
        if (!is_sound(map, i))
            return "its characters map leads out of itself";
    return NULL;
}

void charsmap_free(struct charsmap *map)
{
    free(map->units);
    free(map->texts);
    *map = (struct charsmap){0};
}

size_t charsmap_find(const struct charsmap *map, const uint8_t *text, size_t size,
                     const char **replacement, bool *open)
{
    size_t found = 0, count = 0;
    *open = false;
    if (map->units == NULL)
        return 0;
    size_t node = offset_of(map->units[0]);
    for (size_t i = 0; i < size; i++) {
        node ^= text[i];
        uint32_t unit = map->units[node];
        if (label_of(unit) != text[i])
            return found;
        node ^= offset_of(unit);
        if (has_value(unit) && count++ < FOUND_MAX) {
            found = i + 1;
            *replacement = map->texts + value_of(map->units[node]);
        }
    }
    *open = true;
    return found;
}
