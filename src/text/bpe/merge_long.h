// SPDX-License-Identifier: BSD-2-Clause
// Merges long words in O(n log n).

#ifndef AOTI_TEXT_BPE_MERGE_LONG_H
#define AOTI_TEXT_BPE_MERGE_LONG_H

#include <stddef.h>
#include <stdint.h>

#include "text/vocabulary.h"

struct long_node;
struct long_candidate;

// Working memory. All zero is the empty state.
struct long_merger {
    struct long_node *nodes;            // owned
    struct long_candidate *candidates;  // owned, a heap
    size_t node_count, node_capacity;
    size_t candidate_count, candidate_capacity;
};

// Merges COUNT symbols in place, the lowest rank first, the leftmost of equal ranks. Returns the
// number of symbols left.
size_t long_merger_run(struct long_merger *merger, const struct vocabulary *vocabulary,
                       int32_t *symbols, size_t count);

// After long_merger_run(): returns the index before merging of the symbol that follows the one at
// PLACE, or the number of symbols if none follows.
size_t long_merger_next(const struct long_merger *merger, size_t place);
void long_merger_free(struct long_merger *merger);

#endif
