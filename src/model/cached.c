// SPDX-License-Identifier: BSD-2-Clause

#include "config.h"

#include "model/cached.h"

#include <stdlib.h>
#include <string.h>

#include "common/diagnostics.h"
#include "common/memory.h"

enum { ALIGNMENT = 64 };

static enum torch_dtype cache_dtype(const struct package *package)
{
    if (strcmp(package->cache.dtype, "float32") == 0)
        return TORCH_FLOAT32;
    if (strcmp(package->cache.dtype, "bfloat16") == 0)
        return TORCH_BFLOAT16;
    if (strcmp(package->cache.dtype, "float16") == 0)
        return TORCH_FLOAT16;
    die(STATUS_PACKAGE, "%s: unknown cache dtype '%s'", package->map.name,
        package->cache.dtype);
}

struct cache_layout cached_layout(const struct package *package)
{
    const struct package_cache *cache = &package->cache;
    struct cache_layout layout = {
        .dtype = cache_dtype(package),
        .count = 2 * (size_t)cache->layers,
    };
    size_t total;
    layout.element_bytes = layout.dtype == TORCH_FLOAT32 ? 4 : 2;
    if (__builtin_mul_overflow((size_t)(cache->kv_heads * cache->head_dim) * layout.element_bytes,
                               (size_t)cache->length, &layout.bytes)
        || (layout.bytes = (layout.bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT,
            __builtin_mul_overflow(layout.bytes, layout.count, &total)))
        die(STATUS_PACKAGE, "%s: cache is too large", package->map.name);
    return layout;
}

struct graph cached_open_graph(const struct model *model, const char *name)
{
    const struct package *package = model->package;
    const struct package_graph *graph = package_find_graph(package, name);
    size_t inputs = PACKAGE_INPUTS_BEFORE_CACHES + cached_layout(package).count;
    struct graph opened = graph_open(&model->runtime, graph->shared_object, package->map.name);
    if (opened.input_count != inputs || opened.output_count != 1)
        die(STATUS_PACKAGE, "%s: graph '%s' has %zu inputs and %zu outputs, expected %zu and 1",
            package->map.name, name, opened.input_count, opened.output_count, inputs);
    return opened;
}

tensor_handle cached_run(const struct model *model, const struct graph *graph, void *input_ids,
                         void *positions, int64_t count, tensor_handle span, void *caches)
{
    const struct runtime *runtime = &model->runtime;
    const struct package_cache *cache = &model->package->cache;
    const struct cache_layout layout = cached_layout(model->package);
    const int64_t shape[] = {1, cache->kv_heads, cache->length, cache->head_dim};
    const int64_t ids_shape[] = {1, count};
    size_t input_count = PACKAGE_INPUTS_BEFORE_CACHES + layout.count;
    tensor_handle *inputs = xcalloc(input_count, sizeof *inputs);
    tensor_handle output;
    inputs[0] = runtime_tensor(runtime, input_ids, TORCH_INT64, 2, ids_shape);
    inputs[1] = runtime_tensor(runtime, positions, TORCH_INT64, 1, &ids_shape[1]);
    inputs[2] = span;
    for (size_t i = 0; i < layout.count; i++)
        inputs[PACKAGE_INPUTS_BEFORE_CACHES + i] = runtime_tensor(
            runtime, (char *)caches + i * layout.bytes, layout.dtype, CACHE_DIMENSIONS, shape);
    graph_run(graph, inputs, input_count, &output);
    free(inputs);
    return output;
}
