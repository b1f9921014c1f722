// SPDX-License-Identifier: BSD-2-Clause
// The cached form on the CPU: two graphs over one copy of the weights and one key/value cache.

#include "config.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "common/diagnostics.h"
#include "common/memory.h"
#include "model/cached.h"
#include "model/weights.h"

struct cached_model {
    struct model model;
    struct graph prefill, decode;
    struct weights *weights;
    size_t caches_bytes;
    void *caches;
    int64_t *input_ids, *positions, *span;  // [capacity]; the values of span are never read
    float *logits;                          // [vocab_size]
};

// Runs the model over the COUNT ids from position FIRST on. Sets self->logits to the logits of the
// last one.
static void run(struct cached_model *self, size_t first, size_t count)
{
    const struct runtime *runtime = &self->model.runtime;
    const struct graph *graph = count == 1 ? &self->decode : &self->prefill;
    const int64_t live[] = {(int64_t)(first + count)};
    for (size_t i = 0; i < count; i++) {
        self->input_ids[i] = self->model.ids[first + i];
        self->positions[i] = (int64_t)(first + i);
    }
    tensor_handle output = cached_run(
        &self->model, graph, self->input_ids, self->positions, (int64_t)count,
        runtime_tensor(runtime, self->span, TORCH_INT64, 1, live), self->caches);

    void *data;
    int32_t dtype;
    if (runtime->get_data_ptr(output, &data) != 0 || runtime->get_dtype(output, &dtype) != 0)
        die(STATUS_FAILURE, "%s: cannot read the logits", graph->name);
    model_to_float(data, (enum torch_dtype)dtype, (size_t)self->model.vocab_size, self->logits);
    runtime->delete_tensor_object(output);
}

// Feeds a long prompt to the prefill graph in chunks.
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
    munmap(self->caches, self->caches_bytes);
    free(self->input_ids);
    free(self->positions);
    free(self->span);
    free(self->logits);
    free(self);
}

static const struct model_form cached_form = {.extend = extend, .close = close_model};

// Maps zero pages that the system provides on first access, so that a long cache costs nothing
// until it is used.
static void allocate_caches(struct cached_model *self)
{
    struct cache_layout layout = cached_layout(self->model.package);
    self->caches_bytes = layout.count * layout.bytes;
    self->caches = mmap(NULL, self->caches_bytes, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (self->caches == MAP_FAILED)
        die_errno(STATUS_FAILURE, "%s: cannot allocate a cache of %zu bytes",
                  self->model.package->map.name, self->caches_bytes);
}

static struct model *open_on_cpu(const struct package *package,
                                 const struct model_options *options,
                                 struct statistics *statistics)
{
    struct cached_model *self = xcalloc(1, sizeof *self);
    self->weights = weights_open(package, &self->model.runtime);
    self->model = (struct model){
        .form = &cached_form,
        .package = package,
        .runtime = runtime_open(&options->runtime, package, NULL),
        .vocab_size = package->vocab_size,
        // The exporter keeps the number of positions in use below the length of the cache.
        .capacity = (size_t)package->cache.length - 1,
    };
    statistics_stage(statistics, "runtime", 0);
    allocate_caches(self);
    self->prefill = cached_open_graph(&self->model, "prefill");
    self->decode = cached_open_graph(&self->model, "decode");
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

struct model *cached_model_open(const struct package *package,
                                const struct model_options *options,
                                struct statistics *statistics)
{
    const struct device *device = device_open(package);
    return device != NULL ? cached_model_open_on(device, package, options, statistics)
                          : open_on_cpu(package, options, statistics);
}
