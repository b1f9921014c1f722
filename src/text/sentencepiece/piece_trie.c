// SPDX-License-Identifier: BSD-2-Clause

#include "config.h"

#include "text/sentencepiece/piece_trie.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "common/memory.h"
#include "text/vocabulary.h"

enum {
    LABELS = 256,       // units per block; a base and its children are in the same block
    OPEN_BLOCKS = 16,   // blocks searched for free units
    NO_CHILDREN = LABELS,  // a base in block 1, which stays free
    TRIES_MAX = 256,    // free units tried before a new block is added
};

// Free units form a list by next, in ascending order.
struct builder {
    const struct piece_trie_key *keys;
    struct piece_trie_unit *units;  // [count]
    uint32_t *next;                 // [count] of a free unit
    bool *is_base;                  // [count]
    uint32_t count, capacity;
    uint32_t first_free, last_free;  // PIECE_TRIE_NONE: none
    bool full;
};

static int by_text(const void *a, const void *b)
{
    const struct piece_trie_key *first = a, *second = b;
    size_t size = first->size < second->size ? first->size : second->size;
    int order = memcmp(first->text, second->text, size);
    return order != 0 ? order : (first->size > second->size) - (first->size < second->size);
}

static bool is_free(const struct builder *builder, uint32_t at)
{
    return (builder->units[at].link & PIECE_TRIE_LABEL_MASK) == PIECE_TRIE_FREE;
}

static void add_block(struct builder *builder)
{
    uint32_t begin = builder->count;
    if (begin + LABELS > builder->capacity) {
        builder->capacity = 2 * builder->capacity + 4 * LABELS;
        builder->units = xreallocarray(builder->units, builder->capacity, sizeof *builder->units);
        builder->next = xreallocarray(builder->next, builder->capacity, sizeof *builder->next);
        builder->is_base =
            xreallocarray(builder->is_base, builder->capacity, sizeof *builder->is_base);
    }
    builder->count += LABELS;
    for (uint32_t at = begin; at < builder->count; at++) {
        builder->units[at] = (struct piece_trie_unit){.link = PIECE_TRIE_FREE, .id = ID_NONE};
        builder->next[at] = PIECE_TRIE_NONE;
        builder->is_base[at] = false;
        if (begin == LABELS || at == PIECE_TRIE_ROOT)
            continue;
        if (builder->first_free == PIECE_TRIE_NONE)
            builder->first_free = at;
        else
            builder->next[builder->last_free] = at;
        builder->last_free = at;
    }
    builder->full = builder->count >= PIECE_TRIE_UNITS_MAX - LABELS;
}

// Removes units from the front of the list that are used or in closed blocks.
static void drop_front(struct builder *builder)
{
    uint32_t open = OPEN_BLOCKS * LABELS, old = builder->count > open ? builder->count - open : 0;
    while (builder->first_free != PIECE_TRIE_NONE
           && (builder->first_free < old || !is_free(builder, builder->first_free)))
        builder->first_free = builder->next[builder->first_free];
}

static bool fits(const struct builder *builder, uint32_t base, const uint8_t *labels, size_t count)
{
    if (builder->is_base[base])
        return false;
    for (size_t i = 0; i < count; i++)
        if (!is_free(builder, base ^ labels[i]))
            return false;
    return true;
}

// Returns a base at which the units for all labels are free.
static uint32_t find_base(struct builder *builder, const uint8_t *labels, size_t count)
{
    drop_front(builder);
    uint32_t at = builder->first_free, before = PIECE_TRIE_NONE;
    for (int tries = 0; at != PIECE_TRIE_NONE && tries < TRIES_MAX; tries++) {
        if (!is_free(builder, at) && before != PIECE_TRIE_NONE
            && builder->next[at] != PIECE_TRIE_NONE)
            builder->next[before] = builder->next[at];
        else
            before = at;
        if (is_free(builder, at) && fits(builder, at ^ labels[0], labels, count))
            return at ^ labels[0];
        at = builder->next[at];
    }
    add_block(builder);
    return builder->count - LABELS;
}

// Builds the subtree of NODE from the keys FIRST to LAST, which agree in their first DEPTH bytes.
static void build_node(struct builder *builder, uint32_t node, size_t first, size_t last,
                       size_t depth)
{
    const struct piece_trie_key *keys = builder->keys;
    uint8_t labels[LABELS];
    size_t count = 0;
    while (first < last && keys[first].size == depth) {
        builder->units[node].id = keys[first].id;
        builder->units[node].score = keys[first++].score;
    }
    for (size_t i = first; i < last; i++)
        if (count == 0 || labels[count - 1] != keys[i].text[depth])
            labels[count++] = keys[i].text[depth];
    uint32_t base = NO_CHILDREN;
    if (count > 0 && !builder->full) {
        base = find_base(builder, labels, count);
        builder->is_base[base] = true;
    }
    builder->units[node].link |= base << PIECE_TRIE_LABEL_BITS;
    if (base == NO_CHILDREN)
        return;
    for (size_t i = 0; i < count; i++)
        builder->units[base ^ labels[i]].link = labels[i];
    for (size_t i = 0, end; i < count; i++, first = end) {
        for (end = first; end < last && keys[end].text[depth] == labels[i];)
            end++;
        build_node(builder, base ^ labels[i], first, end, depth + 1);
    }
}

struct piece_trie piece_trie_build(struct piece_trie_key *keys, size_t count)
{
    struct builder builder = {
        .keys = keys, .first_free = PIECE_TRIE_NONE, .last_free = PIECE_TRIE_NONE};
    if (count == 0)
        return (struct piece_trie){0};
    qsort(keys, count, sizeof *keys, by_text);
    add_block(&builder);
    add_block(&builder);
    builder.units[PIECE_TRIE_ROOT].link = PIECE_TRIE_LABEL_MASK;  // no unit leads there
    build_node(&builder, PIECE_TRIE_ROOT, 0, count, 0);
    free(builder.next);
    free(builder.is_base);
    if (builder.full) {
        free(builder.units);
        return (struct piece_trie){0};
    }
    return (struct piece_trie){.units = builder.units, .count = builder.count};
}

void piece_trie_free(struct piece_trie *trie)
{
    free(trie->units);
    *trie = (struct piece_trie){0};
}
