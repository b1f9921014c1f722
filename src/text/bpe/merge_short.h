// SPDX-License-Identifier: BSD-2-Clause
// Merging of short lists of symbols, several at a time: what one waits for is fetched from memory
// while the others go on.

#ifndef AOTI_TEXT_BPE_MERGE_SHORT_H
#define AOTI_TEXT_BPE_MERGE_SHORT_H

#include <stddef.h>
#include <stdint.h>

#include "text/vocabulary.h"

enum {
    SHORT_MERGER_SYMBOLS = 96,  // up to which looking through all of them beats a heap
    SHORT_MERGER_LISTS = 257,
};

struct short_merger;

// VOCABULARY must outlive the merger.
struct short_merger *short_merger_new(const struct vocabulary *vocabulary);
void short_merger_free(struct short_merger *merger);

// Takes a list of up to SHORT_MERGER_SYMBOLS symbols and returns its number: that of the lists
// that are there already, below SHORT_MERGER_LISTS.
size_t short_merger_put(struct short_merger *merger, const int32_t *symbols, size_t count);

// Merges the lists from number FIRST on: the lowest rank first, the leftmost of equals.
void short_merger_run(struct short_merger *merger, size_t first);

// Writes what a list was merged to, at most as many ids as were put, and returns how many.
size_t short_merger_get(const struct short_merger *merger, size_t number, int32_t *ids);

// Forgets the lists from number FIRST on.
void short_merger_drop(struct short_merger *merger, size_t first);

#endif
