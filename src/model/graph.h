// SPDX-License-Identifier: BSD-2-Clause
// One compiled graph, loaded and ready to run.

#ifndef AOTI_MODEL_GRAPH_H
#define AOTI_MODEL_GRAPH_H

#include "common/archive.h"
#include "model/runtime.h"

struct graph {
    const struct runtime *runtime;  // lent
    const char *name;               // for messages, lent
    const char *refusal;  // says what a failing run means, with STATUS_PACKAGE; NULL: it failed
    container_handle container;
    container_run *run;
    size_t input_count, output_count;
    void *library;
};

// Loads the shared object MEMBER. NAME is what messages call it. Ends with STATUS_PACKAGE where it
// is no compiled graph or the runtime lacks what it wants.
struct graph graph_open(const struct runtime *runtime, const struct archive_member *member,
                        const char *name);

// Runs it. The COUNT input tensors are taken over, whatever happens; OUTPUTS has room for
// output_count tensors, the caller's to delete. Ends with STATUS_FAILURE where the graph fails.
void graph_run(const struct graph *graph, tensor_handle *inputs, size_t count,
               tensor_handle *outputs);

// Gives the graph the tensors that its constants are to be. LOOK_UP returns the tensor for a
// constant by the name that the exported model has for it, or ends the program; the tensors stay
// the caller's and must outlive the graph.
typedef tensor_handle graph_look_up_constant(const char *name, enum torch_dtype dtype, size_t size,
                                             void *context);
void graph_set_constants(const struct graph *graph, graph_look_up_constant *look_up,
                         void *context);

void graph_close(struct graph *graph);

#endif
