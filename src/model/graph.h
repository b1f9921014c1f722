// SPDX-License-Identifier: BSD-2-Clause
// A compiled graph, loaded and ready to run.

#ifndef AOTI_MODEL_GRAPH_H
#define AOTI_MODEL_GRAPH_H

#include "common/archive.h"
#include "model/runtime.h"

struct graph {
    const struct runtime *runtime;  // borrowed
    const char *name;               // for messages, borrowed
    const char *refusal;  // the meaning of a failing run, with STATUS_PACKAGE; NULL: it failed
    container_handle container;
    container_run *run;
    size_t input_count, output_count;
    void *library;
};

// Loads the shared object MEMBER; messages call it NAME. Dies with STATUS_PACKAGE if it is not a
// compiled graph or the runtime lacks functions that it needs.
struct graph graph_open(const struct runtime *runtime, const struct archive_member *member,
                        const char *name);

// Runs the graph. Takes ownership of the COUNT input tensors. OUTPUTS has room for output_count
// tensors, which the caller deletes. Dies with STATUS_FAILURE if the graph fails.
void graph_run(const struct graph *graph, tensor_handle *inputs, size_t count,
               tensor_handle *outputs);

// Sets the graph's constants. LOOK_UP returns the tensor for a constant, by its name in the
// exported model, or dies. The tensors remain the caller's and must outlive the graph.
typedef tensor_handle graph_look_up_constant(const char *name, enum torch_dtype dtype, size_t size,
                                             void *context);
void graph_set_constants(const struct graph *graph, graph_look_up_constant *look_up,
                         void *context);

void graph_close(struct graph *graph);

#endif
