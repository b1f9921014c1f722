// SPDX-License-Identifier: BSD-2-Clause

#include "config.h"

#include "text/normalize/charsmap.h"

#include <stdlib.h>
#include <string.h>

#include "common/little_endian.h"
#include "common/memory.h"

enum {
    BLOCK_UNITS = 256,  // the children of a node are in one block
    BLOCK_BYTES = BLOCK_UNITS * sizeof(uint32_t),
    FOUND_MAX = 32,  // the library looks only at so many matches at one place
};

static uint32_t value_of(uint32_t unit)
{
    return unit & 0x7fffffff;
}

// Returns true if everything reachable from the unit is within the arrays. Nothing is checked
// later.
static bool is_sound(const struct charsmap *map, size_t at)
{
    uint32_t unit = map->units[at];
    if (charsmap_is_value(unit))
        return at > 0 && value_of(unit) < map->texts_size;
    size_t children = at ^ charsmap_offset_of(unit);
    if (children >= map->unit_count || (at == 0 && children == 0))
        return false;
    return !charsmap_has_value(unit) || (at > 0 && charsmap_is_value(map->units[children]));
}

const char *charsmap_read(struct charsmap *map, const uint8_t *data, size_t size)
{
    *map = (struct charsmap){0};
    size_t trie_size = size > sizeof(uint32_t) ? load_le32(data) : 0;
    if (trie_size < BLOCK_BYTES || trie_size % BLOCK_BYTES != 0
        || trie_size >= size - sizeof(uint32_t) || data[size - 1] != 0)
        return "malformed character map";
    map->unit_count = trie_size / sizeof *map->units;
    map->units = xcalloc(map->unit_count, sizeof *map->units);
    data += sizeof(uint32_t);
    for (size_t i = 0; i < map->unit_count; i++)
        map->units[i] = load_le32(data + i * sizeof(uint32_t));
    map->texts_size = size - sizeof(uint32_t) - trie_size;
    map->texts = xmalloc(map->texts_size);
    memcpy(map->texts, data + trie_size, map->texts_size);
    for (size_t i = 0; i < map->unit_count; i++)
        if (!is_sound(map, i))
            return "character map: offset out of range";
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
    size_t node = charsmap_offset_of(map->units[0]);
    for (size_t i = 0; i < size; i++) {
        node ^= text[i];
        uint32_t unit = map->units[node];
        if (charsmap_label_of(unit) != text[i])
            return found;
        node ^= charsmap_offset_of(unit);
        if (charsmap_has_value(unit) && count++ < FOUND_MAX) {
            found = i + 1;
            *replacement = map->texts + value_of(map->units[node]);
        }
    }
    *open = true;
    return found;
}
