// SPDX-License-Identifier: BSD-2-Clause
// The cached form: two graphs over one copy of the weights and one key/value cache.
//
//     prefill(input_ids [1, S], positions [S], span [L], caches...) -> logits [1, V] after the last
//     decode(input_ids [1, 1], position [1], span [L], caches...)   -> logits [1, V]
//
// The caches, [1, kv_heads, length, head_dim] for keys and values of each layer in turn, are
// written in place. L is the number of positions in use; of span only the length counts.

#include "config.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "common/diagnostics.h"
#include "common/memory.h"
#include "model/graph.h"
#include "model/model.h"
#include "model/weights.h"

enum {
    CACHE_DIMENSIONS = 4,
    ALIGNMENT = 64,
};

struct cached_model {
    struct model model;
    struct graph prefill, decode;
    struct weights *weights;
    enum torch_dtype cache_dtype;
    size_t cache_count;  // keys and values of each layer
    size_t cache_bytes;  // of one
    uint8_t *caches;     // cache_count of them
    int64_t *input_ids, *positions, *span;  // capacity each; span's values are never read
    float *logits;                          // vocab_size
};

// One step over the COUNT ids from position FIRST on; the logits of the last end in self->logits.
static void run(struct cached_model *self, size_t first, size_t count)
{
    const struct runtime *runtime = &self->model.runtime;
    const struct package_cache *cache = &self->model.package->cache;
    const struct graph *graph = count == 1 ? &self->decode : &self->prefill;
    int64_t ids_shape[] = {1, (int64_t)count}, span_shape[] = {(int64_t)(first + count)};
    int64_t cache_shape[] = {1, cache->kv_heads, cache->length, cache->head_dim};
    for (size_t i = 0; i < count; i++) {
        self->input_ids[i] = self->model.ids[first + i];
        self->positions[i] = (int64_t)(first + i);
    }
    size_t input_count = PACKAGE_INPUTS_BEFORE_CACHES + self->cache_count;
    tensor_handle *inputs = xcalloc(input_count, sizeof *inputs);
    tensor_handle output;
    inputs[0] = runtime_tensor(runtime, self->input_ids, TORCH_INT64, 2, ids_shape);
    inputs[1] = runtime_tensor(runtime, self->positions, TORCH_INT64, 1, &ids_shape[1]);
    inputs[2] = runtime_tensor(runtime, self->span, TORCH_INT64, 1, span_shape);
    for (size_t i = 0; i < self->cache_count; i++)
        inputs[PACKAGE_INPUTS_BEFORE_CACHES + i] =
            runtime_tensor(runtime, self->caches + i * self->cache_bytes, self->cache_dtype,
                           CACHE_DIMENSIONS, cache_shape);
    graph_run(graph, inputs, input_count, &output);
    free(inputs);

    void *data;
    int32_t dtype;
    if (runtime->get_data_ptr(output, &data) != 0 || runtime->get_dtype(output, &dtype) != 0)
        die(STATUS_FAILURE, "%s: the logits cannot be read", graph->name);
    model_to_float(data, (enum torch_dtype)dtype, (size_t)self->model.vocab_size, self->logits);
    runtime->delete_tensor_object(output);
}

// A long prompt goes through in pieces of the length that the prefill graph takes.
static const float *extend(struct model *model, size_t count)
{
    struct cached_model *self = (struct cached_model *)model;
    size_t piece = (size_t)model->package->sequence.max;
    for (size_t first = model->count - count; first < model->count;) {
        size_t left = model->count - first;
        size_t now = left < piece ? left : piece;
        run(self, first, now);
        first += now;
    }
    return self->logits;
}

static void close_model(struct model *model)
{
    struct cached_model *self = (struct cached_model *)model;
    graph_close(&self->prefill);
    graph_close(&self->decode);
    weights_close(self->weights);
    munmap(self->caches, self->cache_count * self->cache_bytes);
    free(self->input_ids);
    free(self->positions);
    free(self->span);
    free(self->logits);
    free(self);
}

static const struct model_form cached_form = {.extend = extend, .close = close_model};

static enum torch_dtype cache_dtype(const struct package *package)
{
    if (strcmp(package->cache.dtype, "float32") == 0)
        return TORCH_FLOAT32;
    if (strcmp(package->cache.dtype, "bfloat16") == 0)
        return TORCH_BFLOAT16;
    if (strcmp(package->cache.dtype, "float16") == 0)
        return TORCH_FLOAT16;
    die(STATUS_PACKAGE, "%s: unknown dtype '%s' of its cache", package->map.name,
        package->cache.dtype);
}

// Memory that the system fills with zeros as it is touched, so that a long cache costs nothing
// before it is used.
static void allocate_caches(struct cached_model *self)
{
    const struct package_cache *cache = &self->model.package->cache;
    self->cache_dtype = cache_dtype(self->model.package);
    self->cache_count = 2 * (size_t)cache->layers;
    size_t size = self->cache_dtype == TORCH_FLOAT32 ? 4 : 2;
    size_t total;
    if (__builtin_mul_overflow((size_t)(cache->kv_heads * cache->head_dim) * size,
                               (size_t)cache->length, &self->cache_bytes)
        || (self->cache_bytes = (self->cache_bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT,
            __builtin_mul_overflow(self->cache_bytes, self->cache_count, &total)))
        die(STATUS_PACKAGE, "%s: its cache is too large", self->model.package->map.name);
    void *memory =
        mmap(NULL, total, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED)
        die_errno(STATUS_FAILURE, "%s: a cache of %zu bytes", self->model.package->map.name,
                  total);
    self->caches = memory;
}

static struct graph open_graph(struct cached_model *self, const char *name)
{
    const struct package *package = self->model.package;
    const struct package_graph *graph = package_find_graph(package, name);
    struct graph opened =
        graph_open(&self->model.runtime, graph->shared_object, package->map.name);
    if (opened.input_count != PACKAGE_INPUTS_BEFORE_CACHES + self->cache_count
        || opened.output_count != 1)
        die(STATUS_PACKAGE, "%s: graph '%s' has %zu inputs and %zu outputs, not %zu and 1",
            package->map.name, name, opened.input_count, opened.output_count,
            PACKAGE_INPUTS_BEFORE_CACHES + self->cache_count);
    return opened;
}

struct model *cached_model_open(const struct package *package,
                                const struct model_options *options,
                                struct statistics *statistics)
{
    struct cached_model *self = xcalloc(1, sizeof *self);
    self->weights = weights_open(package, &self->model.runtime);
    self->model = (struct model){
        .form = &cached_form,
        .package = package,
        .runtime = runtime_open(&options->runtime, package),
        .vocab_size = package->vocab_size,
        // The exporter keeps the largest live length below the cache's.
        .capacity = (size_t)package->cache.length - 1,
    };
    statistics_stage(statistics, "runtime", 0);
    allocate_caches(self);
    self->prefill = open_graph(self, "prefill");
    self->decode = open_graph(self, "decode");
    statistics_stage(statistics, "graphs", 0);
    graph_set_constants(&self->prefill, weights_look_up, self->weights);
    graph_set_constants(&self->decode, weights_look_up, self->weights);
    statistics_stage(statistics, "weights", weights_size(self->weights));
    self->input_ids = xcalloc(self->model.capacity, sizeof *self->input_ids);
    self->positions = xcalloc(self->model.capacity, sizeof *self->positions);
    self->span = xcalloc(self->model.capacity, sizeof *self->span);
    self->logits = xcalloc((size_t)package->vocab_size, sizeof *self->logits);
    return &self->model;
}
