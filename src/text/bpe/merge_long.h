// SPDX-License-Identifier: BSD-2-Clause
// Merging of long words in n log n.

#ifndef AOTI_TEXT_BPE_MERGE_LONG_H
#define AOTI_TEXT_BPE_MERGE_LONG_H

#include <stddef.h>
#include <stdint.h>

#include "text/vocabulary.h"

struct long_node;
struct long_candidate;

// Working memory; all zero is none.
struct long_merger {
    struct long_node *nodes;            // owned
    struct long_candidate *candidates;  // owned, a heap
    size_t node_count, node_capacity;
    size_t candidate_count, candidate_capacity;
};

// Merges COUNT symbols in place, lowest rank first and the leftmost of equals. Returns how many
// are left.
size_t long_merger_run(struct long_merger *merger, const struct vocabulary *vocabulary,
                       int32_t *symbols, size_t count);

// After a run: the place before merging of the symbol behind the one that was at PLACE, or the
// number of symbols where there is none.
size_t long_merger_next(const struct long_merger *merger, size_t place);
void long_merger_free(struct long_merger *merger);

#endif
