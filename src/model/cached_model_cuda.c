// SPDX-License-Identifier: BSD-2-Clause
// The cached form on a GPU. The sequence grows there: the host queues steps and reads one id of
// each. While it reads, the next step is already running. A step too many, after the last id,
// changes nothing that the next sequence sees.

#include "config.h"

#include <stdlib.h>

#include "common/diagnostics.h"
#include "common/memory.h"
#include "gpu/gpu.h"
#include "gpu/operators.h"
#include "gpu/picks.h"
#include "model/cached.h"
#include "model/weights.h"

struct cuda_model {
    struct model model;
    struct graph prefill, decode;
    struct weights *weights;
    struct cache_layout layout;
    void *caches;
    int64_t *numbers;               // host memory to upload from
    void *input_ids, *positions;    // GPU memory for a prefill of maximal length
    struct gpu_picks *picks;
    tensor_handle output;           // logits of the last run
    struct gpu_recording *step;     // one decode step, or NULL
    tensor_handle step_output;      // logits of the recorded step
    bool records;                   // record steps
    bool has_decoded;               // a decode step has run, so its kernels are loaded
    bool is_ahead;                  // the step that takes next_id is already queued
    int32_t next_id;                // the id picked last
    size_t next_position;           // the position of next_id
    unsigned mark;                  // of the last step queued
    float *logits;                  // host memory, [vocab_size]
};

static int64_t piece(const struct cuda_model *self)
{
    return self->model.package->sequence.max;
}

static void keep_output(struct cuda_model *self, tensor_handle output)
{
    if (self->output != NULL)
        self->model.runtime.delete_tensor_object(self->output);
    self->output = output;
}

static const float *output_data(const struct cuda_model *self)
{
    void *data;
    int32_t dtype;
    const struct runtime *runtime = &self->model.runtime;
    if (runtime->get_data_ptr(self->output, &data) != 0
        || runtime->get_dtype(self->output, &dtype) != 0 || dtype != TORCH_FLOAT32)
        die(STATUS_PACKAGE, "%s: logits are not float32", self->model.package->map.name);
    return data;
}

// Runs one decode step: the last id picked and its position are already on the GPU.
static void decode(struct cuda_model *self)
{
    const int64_t length[] = {self->model.package->cache.length};
    gpu_step_writes(gpu_picks_position(self->picks));
    keep_output(self, cached_run(&self->model, &self->decode, gpu_picks_id(self->picks),
                                 gpu_picks_position(self->picks), 1,
                                 runtime_tensor(&self->model.runtime, gpu_picks_mask(self->picks),
                                                self->layout.dtype, 1, length),
                                 self->caches));
    gpu_step_writes(NULL);
    self->has_decoded = true;
}

static void decode_and_pick(void *context)
{
    struct cuda_model *self = context;
    decode(self);
    gpu_picks_append(self->picks, output_data(self));
}

// Runs prefill for COUNT ids from position FIRST on, at least two.
static void prefill(struct cuda_model *self, size_t first, size_t count)
{
    const int64_t live[] = {(int64_t)(first + count)};
    for (size_t i = 0; i < count; i++)
        self->numbers[i] = self->model.ids[first + i];
    gpu_write(self->input_ids, self->numbers, count * sizeof *self->numbers);
    for (size_t i = 0; i < count; i++)
        self->numbers[i] = (int64_t)(first + i);
    gpu_write(self->positions, self->numbers, count * sizeof *self->numbers);
    // Only the length of the span counts.
    keep_output(self, cached_run(&self->model, &self->prefill, self->input_ids, self->positions,
                                 (int64_t)count,
                                 runtime_tensor(&self->model.runtime, self->caches, TORCH_INT64, 1,
                                                live),
                                 self->caches));
}

// Computes the logits that follow the sequence, whose last COUNT ids are new.
static void run(struct cuda_model *self, size_t count)
{
    const struct model *model = &self->model;
    bool has_prefilled = false;
    self->is_ahead = false;
    for (size_t first = model->count - count, now; first < model->count; first += now) {
        size_t left = model->count - first;
        now = left < (size_t)piece(self) ? left : (size_t)piece(self);
        has_prefilled = now > 1;
        if (has_prefilled) {
            prefill(self, first, now);
        } else {
            gpu_picks_set(self->picks, model->ids, first + 1);
            decode(self);
        }
    }
    if (has_prefilled)
        gpu_picks_set(self->picks, model->ids, model->count);
}

static const float *extend(struct model *model, size_t count)
{
    struct cuda_model *self = (struct cuda_model *)model;
    run(self, count);
    gpu_read(self->logits, output_data(self), (size_t)model->vocab_size * sizeof *self->logits);
    return self->logits;
}

// Queues the next step, replaying the recording if there is one.
static void put_step(struct cuda_model *self)
{
    if (self->step == NULL && self->records) {
        self->step = gpu_record(decode_and_pick, self);
        self->step_output = self->output;
        self->output = NULL;
    }
    if (self->step != NULL)
        gpu_replay(self->step);
    else
        decode_and_pick(self);
}

static bool is_next(const struct cuda_model *self, size_t count)
{
    const struct model *model = &self->model;
    return self->is_ahead && count == 1 && model->count == self->next_position + 1
           && model->ids[self->next_position] == self->next_id;
}

static int32_t pick(struct model *model, size_t count, bool goes_on)
{
    struct cuda_model *self = (struct cuda_model *)model;
    if (!is_next(self, count)) {
        run(self, count);
        gpu_picks_append(self->picks, output_data(self));
        gpu_mark(self->mark);
    }
    unsigned mark = self->mark;
    // Loading kernels would delay the first id, so the first decode step does not run ahead.
    self->is_ahead = goes_on && self->has_decoded && model->count < model->capacity;
    if (self->is_ahead) {
        self->mark = (mark + 1) % GPU_MARKS;
        put_step(self);
        gpu_mark(self->mark);
    }
    gpu_wait_mark(mark);
    self->next_position = model->count;
    return self->next_id = gpu_picks_answer(self->picks, model->count);
}

static void close_model(struct model *model)
{
    struct cuda_model *self = (struct cuda_model *)model;
    gpu_wait();
    gpu_recording_free(self->step);
    keep_output(self, NULL);
    self->model.runtime.delete_tensor_object(self->step_output);
    graph_close(&self->prefill);
    graph_close(&self->decode);
    weights_close(self->weights);
    gpu_picks_free(self->picks);
    free(self->numbers);
    free(self->logits);
    free(self);
}

static const struct model_form cuda_form = {
    .extend = extend,
    .pick = pick,
    .close = close_model,
};

// Returns the bits of minus infinity.
static uint32_t hidden(enum torch_dtype dtype)
{
    return dtype == TORCH_BFLOAT16 ? 0xff80 : dtype == TORCH_FLOAT16 ? 0xfc00 : 0xff800000;
}

static void allocate(struct cuda_model *self, const struct sampling_options *sampling)
{
    const struct gpu_picks_options options = {
        .temperature = sampling->temperature,
        .top_p = sampling->top_p,
        .min_p = sampling->min_p,
        .repetition_penalty = sampling->repetition_penalty,
        .top_k = sampling->top_k,
        .seed = sampling->seed,
    };
    size_t bytes = (size_t)piece(self) * sizeof(int64_t);
    // Masked positions must hold numbers, too.
    self->caches = gpu_allocate(self->layout.count * self->layout.bytes);
    gpu_clear(self->caches, self->layout.count * self->layout.bytes);
    self->input_ids = gpu_allocate(bytes);
    self->positions = gpu_allocate(bytes);
    self->numbers = xmalloc(bytes);
    self->logits = xcalloc((size_t)self->model.vocab_size, sizeof *self->logits);
    self->picks = gpu_picks_new(&options, (size_t)self->model.vocab_size, self->model.capacity,
                                self->layout.element_bytes, hidden(self->layout.dtype));
}

struct model *cached_model_open_on(const struct device *device, const struct package *package,
                                   const struct model_options *options,
                                   struct statistics *statistics)
{
    struct cuda_model *self = xcalloc(1, sizeof *self);
    statistics_stage(statistics, "device", 0);
    self->layout = cached_layout(package);
    self->model = (struct model){
        .form = &cuda_form,
        .package = package,
        .runtime = runtime_open(&options->runtime, package, device),
        .vocab_size = package->vocab_size,
        // The exporter keeps the number of positions in use below the length of the cache.
        .capacity = (size_t)package->cache.length - 1,
    };
    // Only the builtin functions are known to do nothing that cannot be recorded.
    self->records = options->records && self->model.runtime.binds_tensors;
    self->weights = weights_open(package, &self->model.runtime);
    statistics_stage(statistics, "runtime", 0);
    weights_upload(self->weights);
    statistics_stage(statistics, "weights", weights_size(self->weights));
    allocate(self, &options->sampling);
    self->prefill = cached_open_graph(&self->model, "prefill");
    self->decode = cached_open_graph(&self->model, "decode");
    graph_set_constants(&self->prefill, weights_look_up, self->weights);
    graph_set_constants(&self->decode, weights_look_up, self->weights);
    statistics_stage(statistics, "graphs", 0);
    return &self->model;
}
