// SPDX-License-Identifier: BSD-2-Clause

#include "config.h"

#include "text/alignment.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "common/memory.h"

struct alignment_entry {
    uint64_t at;      // valid from here to the next entry
    uint64_t source;
    uint64_t size;    // of a block
    bool is_block;
};

void span_list_put(struct span_list *list, uint64_t begin, uint64_t end)
{
    list->spans = xgrow(list->spans, list->count, &list->capacity, sizeof *list->spans);
    list->spans[list->count++] = (struct span){begin, end};
}

void span_list_shift(struct span_list *list, size_t first, uint64_t distance)
{
    for (size_t i = first; i < list->count; i++) {
        list->spans[i].begin += distance;
        list->spans[i].end += distance;
    }
}

void span_list_free(struct span_list *list)
{
    free(list->spans);
    *list = (struct span_list){0};
}

// Drops forgotten entries once they make up half of the array.
static void make_room(struct alignment *alignment)
{
    if (alignment->first > 0 && alignment->first >= alignment->count / 2) {
        alignment->count -= alignment->first;
        memmove(alignment->entries, alignment->entries + alignment->first,
                alignment->count * sizeof *alignment->entries);
        alignment->first = 0;
    }
    if (alignment->count < alignment->capacity)
        return;
    alignment->capacity = 2 * alignment->capacity + 64;
    alignment->entries = xreallocarray(alignment->entries, alignment->capacity,
                                       sizeof *alignment->entries);
}

static void put(struct alignment *alignment, struct alignment_entry entry)
{
    struct alignment_entry *last = NULL;
    if (alignment->count > alignment->first)
        last = &alignment->entries[alignment->count - 1];
    if (last != NULL && !last->is_block && !entry.is_block
        && last->source - last->at == entry.source - entry.at)
        return;
    if (last != NULL && last->at == entry.at) {
        *last = entry;
        return;
    }
    make_room(alignment);
    alignment->entries[alignment->count++] = entry;
}

void alignment_run(struct alignment *alignment, uint64_t at, uint64_t source)
{
    put(alignment, (struct alignment_entry){.at = at, .source = source});
}

void alignment_block(struct alignment *alignment, uint64_t at, uint64_t source, uint64_t size)
{
    put(alignment,
        (struct alignment_entry){.at = at, .source = source, .size = size, .is_block = true});
}

// Returns the entry that covers AT.
static const struct alignment_entry *find(const struct alignment *alignment, uint64_t at)
{
    size_t low = alignment->first, high = alignment->count;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (alignment->entries[middle].at <= at)
            low = middle;
        else
            high = middle;
    }
    return &alignment->entries[low];
}

struct span alignment_find(const struct alignment *alignment, struct span made)
{
    const struct alignment_entry *entry = find(alignment, made.begin);
    struct span source;
    source.begin = entry->is_block ? entry->source : entry->source + (made.begin - entry->at);
    if (made.end <= made.begin)
        return (struct span){source.begin, source.begin};
    entry = find(alignment, made.end - 1);
    source.end =
        entry->is_block ? entry->source + entry->size : entry->source + (made.end - entry->at);
    return source;
}

void alignment_forget(struct alignment *alignment, uint64_t at)
{
    while (alignment->count - alignment->first > 1
           && alignment->entries[alignment->first + 1].at <= at)
        alignment->first++;
}

void alignment_free(struct alignment *alignment)
{
    free(alignment->entries);
    *alignment = (struct alignment){0};
}
