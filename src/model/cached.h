// SPDX-License-Identifier: BSD-2-Clause
// What the cached form has in common on all devices.
//
//     prefill(input_ids [1, S], positions [S], span [L], caches...) -> logits [1, V] after the last
//     decode(input_ids [1, 1], position [1], span, caches...)       -> logits [1, V]
//
// The caches, [1, kv_heads, length, head_dim] for keys and values of each layer in turn, are
// written in place. L is the number of positions in use; of prefill's span only the length counts.
// On the CPU that holds for decode's span [L], too; on a GPU, where the same step is repeated
// whatever L is, it is added to the scores of the keys, [length]: minus infinity hides.

#ifndef AOTI_MODEL_CACHED_H
#define AOTI_MODEL_CACHED_H

#include "model/graph.h"
#include "model/model.h"

enum { CACHE_DIMENSIONS = 4 };

struct cache_layout {
    enum torch_dtype dtype;
    size_t element_bytes;
    size_t count;  // keys and values of each layer
    size_t bytes;  // of one, with what aligns the next
};

// Ends with STATUS_PACKAGE where no memory could hold it or its dtype is unknown.
struct cache_layout cached_layout(const struct package *package);

// Opens the graph NAME of MODEL's package, which must have the inputs and outputs above.
struct graph cached_open_graph(const struct model *model, const char *name);

// Runs GRAPH for COUNT new positions with LIVE ones in use, all memory where the graph has it.
// Returns its output, the caller's to delete.
tensor_handle cached_run(const struct model *model, const struct graph *graph, void *input_ids,
                         void *positions, int64_t count, tensor_handle span, void *caches);

#endif
