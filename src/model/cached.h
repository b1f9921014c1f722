// SPDX-License-Identifier: BSD-2-Clause
// The cached form: what all devices have in common.
//
//     prefill(input_ids [1, S], positions [S], span [L], caches...) -> logits [1, V] after the last
//     decode(input_ids [1, 1], position [1], span, caches...)       -> logits [1, V]
//
// The caches, [1, kv_heads, length, head_dim] for keys and for values of each layer in turn, are
// written in place. L is the number of positions in use. Of prefill's span, only the length counts.
// On the CPU the same holds for decode's span [L]. On a GPU, where one recorded step serves any L,
// decode's span [length] is added to the scores of the keys: 0 for positions in use, minus infinity
// for the rest.

#ifndef AOTI_MODEL_CACHED_H
#define AOTI_MODEL_CACHED_H

#include "model/graph.h"
#include "model/model.h"

enum { CACHE_DIMENSIONS = 4 };

struct cache_layout {
    enum torch_dtype dtype;
    size_t element_bytes;
    size_t count;  // number of caches: keys and values of each layer
    size_t bytes;  // of one cache, including padding for alignment
};

// Dies with STATUS_PACKAGE if the dtype is unknown or the cache is larger than any memory.
struct cache_layout cached_layout(const struct package *package);

// Opens the graph NAME of MODEL's package. Dies with STATUS_PACKAGE unless it has the inputs and
// outputs above.
struct graph cached_open_graph(const struct model *model, const char *name);

// Runs GRAPH for COUNT new positions with LIVE positions in use. All pointers must be in memory
// that the graph can access. Returns the output; delete it with the runtime's
// delete_tensor_object().
tensor_handle cached_run(const struct model *model, const struct graph *graph, void *input_ids,
                         void *positions, int64_t count, tensor_handle span, void *caches);

#endif
