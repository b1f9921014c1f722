// SPDX-License-Identifier: BSD-2-Clause
// Merges many short lists of symbols side by side: while one list waits for memory, the others go
// on.

#ifndef AOTI_TEXT_BPE_MERGE_SHORT_H
#define AOTI_TEXT_BPE_MERGE_SHORT_H

#include <stddef.h>
#include <stdint.h>

#include "text/vocabulary.h"

enum {
    SHORT_MERGER_SYMBOLS = 96,  // up to this size a linear search beats a heap
    SHORT_MERGER_LISTS = 257,
};

struct short_merger;

// VOCABULARY must outlive the merger.
struct short_merger *short_merger_new(const struct vocabulary *vocabulary);
void short_merger_free(struct short_merger *merger);

// Copies a list of COUNT <= SHORT_MERGER_SYMBOLS symbols. Returns its index, which is the number of
// lists put before; at most SHORT_MERGER_LISTS fit.
size_t short_merger_put(struct short_merger *merger, const int32_t *symbols, size_t count);

// Merges the lists from index FIRST on, the lowest rank first, the leftmost of equal ranks.
void short_merger_run(struct short_merger *merger, size_t first);

// Writes the ids that remain after merging, at most as many as were put. Returns their number.
size_t short_merger_get(const struct short_merger *merger, size_t number, int32_t *ids);

// Drops the lists from index FIRST on.
void short_merger_drop(struct short_merger *merger, size_t first);

#endif
