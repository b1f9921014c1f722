// SPDX-License-Identifier: BSD-2-Clause

#include "config.h"

#include "text/unicode/code_set.h"

#include <stdlib.h>
#include <string.h>

#include "common/memory.h"

void code_set_free(struct code_set *set)
{
    free(set->edges);
    *set = (struct code_set){0};
}

static void put_edge(struct code_set *set, uint32_t code)
{
    set->edges = xgrow(set->edges, set->count, &set->capacity, sizeof *set->edges);
    set->edges[set->count++] = code;
}

// Makes SET what both sets give: a code point stays that at least NEEDED of them have.
static void combine(struct code_set *set, const struct code_set *other, int needed)
{
    struct code_set result = {0};
    bool in_set = false, in_other = false;
    for (size_t i = 0, j = 0; i < set->count || j < other->count;) {
        uint32_t next_of_set = i < set->count ? set->edges[i] : UINT32_MAX;
        uint32_t next_of_other = j < other->count ? other->edges[j] : UINT32_MAX;
        uint32_t code = next_of_set < next_of_other ? next_of_set : next_of_other;
        if (next_of_set == code) {
            in_set = !in_set;
            i++;
        }
        if (next_of_other == code) {
            in_other = !in_other;
            j++;
        }
        if ((in_set + in_other >= needed) != (result.count % 2 == 1))
            put_edge(&result, code);
    }
    code_set_free(set);
    *set = result;
}

void code_set_unite(struct code_set *set, const struct code_set *other)
{
    bool is_behind = set->count == 0
                     || (set->count % 2 == 0 && other->count > 0
                         && set->edges[set->count - 1] < other->edges[0]);
    if (!is_behind)
        combine(set, other, 1);
    for (size_t i = 0; is_behind && i < other->count; i++)
        put_edge(set, other->edges[i]);
}

void code_set_intersect(struct code_set *set, const struct code_set *other)
{
    combine(set, other, 2);
}

void code_set_add(struct code_set *set, uint32_t first, uint32_t last)
{
    uint32_t edges[] = {first, last + 1};
    // Mostly ranges come in order.
    uint32_t end = set->count > 0 ? set->edges[set->count - 1] : 0;
    if (set->count % 2 == 0 && end == first && end > 0)
        set->edges[set->count - 1] = last + 1;
    else
        code_set_unite(set, &(struct code_set){.edges = edges, .count = 2});
}

void code_set_invert(struct code_set *set)
{
    if (set->count > 0 && set->edges[0] == 0) {
        memmove(set->edges, set->edges + 1, --set->count * sizeof *set->edges);
        return;
    }
    put_edge(set, 0);
    memmove(set->edges + 1, set->edges, (set->count - 1) * sizeof *set->edges);
    set->edges[0] = 0;
}

void code_set_remove(struct code_set *set, uint32_t first, uint32_t last)
{
    code_set_invert(set);
    code_set_add(set, first, last);
    code_set_invert(set);
}

bool code_set_has(const struct code_set *set, uint32_t code)
{
    // The number of edges that are not above CODE, by halving.
    size_t low = 0, high = set->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (set->edges[middle] <= code)
            low = middle + 1;
        else
            high = middle;
    }
    return low % 2 == 1;
}
