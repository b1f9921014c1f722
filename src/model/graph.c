// SPDX-License-Identifier: BSD-2-Clause

#include "config.h"

#include "model/graph.h"

#include <dlfcn.h>
#include <stdlib.h>

#include "common/diagnostics.h"
#include "common/memory.h"
#include "model/constant_map.h"

#define CONTAINER "AOTInductorModelContainer"

static void *find(const struct graph *graph, const char *symbol)
{
    void *function = dlsym(graph->library, symbol);
    if (function == NULL)
        die(STATUS_PACKAGE, "%s: not a compiled graph: no function %s", graph->name, symbol);
    return function;
}

static void check(const struct graph *graph, torch_error error, const char *what)
{
    if (error != 0)
        die(STATUS_FAILURE, "%s: %s failed", graph->name, what);
}

static size_t count(const struct graph *graph, const char *symbol)
{
    size_t number = 0;
    container_count *ask = find(graph, symbol);
    check(graph, ask(graph->container, &number), symbol);
    return number;
}

struct graph graph_open(const struct runtime *runtime, const struct archive_member *member,
                        const char *name)
{
    struct graph graph = {.runtime = runtime, .name = name};
    struct shared_object object = shared_object_copy(member->data, member->size, name);
    runtime_bind(runtime, &object);
    // libtorch.so would only load libtorch_cuda.so. The others are already loaded if they are
    // needed.
    static const char *const there[] = {"libtorch.so", "libtorch_cpu.so", "libtorch_cuda.so",
                                        "libc10_cuda.so", "libcuda.so.1"};
    for (size_t i = 0; i < sizeof there / sizeof *there; i++)
        shared_object_drop_needed(&object, there[i]);
    shared_object_drop_paths(&object);
    shared_object_drop_executable_stack(&object);
    graph.library = shared_object_load(&object);

    container_create *create = find(&graph, CONTAINER "CreateWithDevice");
    char *device = runtime->device != NULL ? xasprintf("cuda:%d", runtime->device->index)
                                           : xstrdup("cpu");
    check(&graph, create(&graph.container, 1, device, NULL), "loading");
    free(device);
    graph.run = find(&graph, CONTAINER "RunSingleThreaded");
    graph.input_count = count(&graph, CONTAINER "GetNumInputs");
    graph.output_count = count(&graph, CONTAINER "GetNumOutputs");
    return graph;
}

void graph_run(const struct graph *graph, tensor_handle *inputs, size_t input_count,
               tensor_handle *outputs)
{
    if (input_count != graph->input_count)
        die(STATUS_PACKAGE, "%s: takes %zu inputs, but the metadata says %zu", graph->name,
            graph->input_count, input_count);
    const struct device *device = graph->runtime->device;
    torch_error error =
        graph->run(graph->container, inputs, input_count, outputs, graph->output_count,
                   device != NULL ? device->stream : NULL, NULL);
    if (error != 0 && device != NULL)
        device->wait();  // reports the cause if the device failed
    if (error != 0 && graph->refusal != NULL)
        die(STATUS_PACKAGE, "%s: %s", graph->name, graph->refusal);
    check(graph, error, "running the model");
}

// Uses the C interface added in torch 2.10, or the C++ one of 2.9.
static torch_error set_pairs(const struct graph *graph, const struct constant_pair *pairs,
                             size_t pair_count)
{
    container_set_constant_pairs *set =
        dlsym(graph->library, CONTAINER "UpdateUserManagedConstantBufferPairs");
    if (set != NULL)
        return set(graph->container, pairs, pair_count, false, false);
    container_set_constant_map *set_map =
        find(graph, CONTAINER "UpdateUserManagedConstantBuffer");
    return constant_map_apply(set_map, graph->container, pairs, pair_count);
}

void graph_set_constants(const struct graph *graph, graph_look_up_constant *look_up, void *context)
{
    container_constant_text *get_name = find(graph, CONTAINER "GetConstantName");
    container_constant_text *get_exported = find(graph, CONTAINER "GetConstantOriginalFQN");
    container_constant_dtype *get_dtype = find(graph, CONTAINER "GetConstantDtype");
    container_constant_size *get_size = find(graph, CONTAINER "GetConstantDataSize");
    size_t number = count(graph, CONTAINER "GetNumConstants");
    struct constant_pair *pairs = xcalloc(number, sizeof *pairs);
    for (size_t i = 0; i < number; i++) {
        const char *exported = NULL;
        int32_t dtype = 0;
        size_t size = 0;
        check(graph, get_name(graph->container, i, &pairs[i].name), "reading a constant's name");
        check(graph, get_exported(graph->container, i, &exported), "reading a constant's name");
        check(graph, get_dtype(graph->container, i, &dtype), "reading a constant's type");
        check(graph, get_size(graph->container, i, &size), "reading a constant's size");
        pairs[i].tensor = look_up(exported, (enum torch_dtype)dtype, size, context);
    }
    check(graph, set_pairs(graph, pairs, number), "setting the weights");
    free(pairs);
}

void graph_close(struct graph *graph)
{
    container_delete *delete = find(graph, CONTAINER "Delete");
    check(graph, delete (graph->container), "closing");
    dlclose(graph->library);
    *graph = (struct graph){0};
}
