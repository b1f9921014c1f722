// SPDX-License-Identifier: BSD-2-Clause
// The logits form: one graph forward(input_ids [1, S], attention_mask [1, S]) -> logits [1, S, V].
// Every new id recomputes the whole sequence. Padding follows the ids, where causal attention does
// not see it.

#include "config.h"

#include <stdlib.h>

#include "common/diagnostics.h"
#include "common/memory.h"
#include "model/graph.h"
#include "model/model.h"
#include "model/shared_object.h"

enum { INPUTS = 2, LOGITS_DIMENSIONS = 3 };

struct logits_model {
    struct model model;
    struct graph graph;
    bool bucket_pad;
    int64_t *input_ids;       // [capacity]
    int64_t *attention_mask;  // [capacity]
    void *places[INPUTS];     // read by the graph: the arrays above or copies on the device
    float *logits;            // one row [vocab_size], allocated once vocab_size is known
    void *row;                // the same row in the graph's dtype, copied from the device
};

// The output of one run: rows of logits in the graph's dtype.
struct logits_rows {
    tensor_handle tensor;
    const uint8_t *data;
    int32_t dtype;
    int64_t row_bytes;
};

// Returns the length to run a sequence of COUNT ids at.
static int64_t run_length(const struct logits_model *self, size_t count)
{
    const struct package_sequence *sequence = &self->model.package->sequence;
    int64_t length = (int64_t)count;
    if (length >= sequence->min)
        return length;
    if (!sequence->dynamic && !self->bucket_pad)
        die(STATUS_INPUT, "got %lld ids, but %s takes exactly %lld; pass --bucket-pad to pad",
            (long long)length, self->graph.name, (long long)sequence->min);
    return sequence->min;
}

static void fill_inputs(struct logits_model *self, int64_t length)
{
    const struct model *model = &self->model;
    for (size_t i = 0; i < (size_t)length; i++) {
        self->input_ids[i] = i < model->count ? model->ids[i] : model->package->pad_id;
        self->attention_mask[i] = i < model->count;
    }
}

// Learns V from the first run, or checks it against the metadata.
static void check_shape(struct logits_model *self, const struct runtime *runtime,
                        tensor_handle logits, int64_t length)
{
    int64_t dimensions = 0, *sizes = NULL, *strides = NULL;
    if (runtime->get_dim(logits, &dimensions) != 0 || runtime->get_sizes(logits, &sizes) != 0
        || runtime->get_strides(logits, &strides) != 0)
        die(STATUS_FAILURE, "%s: cannot read the shape of the logits", self->graph.name);
    if (dimensions != LOGITS_DIMENSIONS || sizes[1] != length || strides[2] != 1)
        die(STATUS_PACKAGE, "%s: graph does not return logits [1, %lld, V]", self->graph.name,
            (long long)length);
    if (self->model.vocab_size == 0)
        self->model.vocab_size = sizes[2];
    if (sizes[2] != self->model.vocab_size)
        die(STATUS_PACKAGE, "%s: graph returns %lld logits, but the metadata says %lld",
            self->graph.name, (long long)sizes[2], (long long)self->model.vocab_size);
    if (self->logits == NULL)
        self->logits = xcalloc((size_t)sizes[2], sizeof *self->logits);
    if (self->row == NULL)
        self->row = xcalloc((size_t)strides[1], sizeof *self->logits);
}

// Runs the graph over the sequence. The caller deletes the tensor.
static struct logits_rows run(struct logits_model *self)
{
    const struct runtime *runtime = &self->model.runtime;
    int64_t sizes[] = {1, run_length(self, self->model.count)};
    fill_inputs(self, sizes[1]);
    tensor_handle inputs[INPUTS];
    for (int i = 0; i < INPUTS; i++) {
        const int64_t *values = i == 0 ? self->input_ids : self->attention_mask;
        if (runtime->device != NULL)
            runtime->device->write(self->places[i], values, (size_t)sizes[1] * sizeof *values);
        inputs[i] = runtime_tensor(runtime, self->places[i], TORCH_INT64, 2, sizes);
    }
    struct logits_rows rows = {0};
    graph_run(&self->graph, inputs, INPUTS, &rows.tensor);
    self->graph.refusal = NULL;
    check_shape(self, runtime, rows.tensor, sizes[1]);
    int64_t *strides;
    void *data;
    if (runtime->get_data_ptr(rows.tensor, &data) != 0
        || runtime->get_dtype(rows.tensor, &rows.dtype) != 0
        || runtime->get_strides(rows.tensor, &strides) != 0)
        die(STATUS_FAILURE, "%s: cannot read the logits", self->graph.name);
    rows.data = data;
    rows.row_bytes = strides[1] * (rows.dtype == TORCH_FLOAT32 ? 4 : 2);
    return rows;
}

static const float *convert_row(struct logits_model *self, const struct logits_rows *rows,
                                size_t position)
{
    const struct device *device = self->model.runtime.device;
    const uint8_t *row = rows->data + (int64_t)position * rows->row_bytes;
    if (device != NULL) {
        device->read(self->row, row, (size_t)rows->row_bytes);
        row = self->row;
    }
    model_to_float(row, (enum torch_dtype)rows->dtype, (size_t)self->model.vocab_size,
                   self->logits);
    return self->logits;
}

static const float *extend(struct model *model, size_t count)
{
    struct logits_model *self = (struct logits_model *)model;
    struct logits_rows rows = run(self);
    const float *logits = convert_row(self, &rows, model->count - 1);
    model->runtime.delete_tensor_object(rows.tensor);
    (void)count;  // everything is recomputed each time
    return logits;
}

static void visit_all(struct model *model,
                      void (*visit)(const float *logits, size_t position, void *context),
                      void *context)
{
    struct logits_model *self = (struct logits_model *)model;
    struct logits_rows rows = run(self);
    for (size_t i = 0; i + 1 < model->count; i++)
        visit(convert_row(self, &rows, i), i, context);
    model->runtime.delete_tensor_object(rows.tensor);
}

static void close_model(struct model *model)
{
    struct logits_model *self = (struct logits_model *)model;
    graph_close(&self->graph);
    free(self->input_ids);
    free(self->attention_mask);
    free(self->logits);
    free(self->row);
    free(self);
}

static const struct model_form logits_form = {
    .extend = extend,
    .visit_all = visit_all,
    .close = close_model,
};

// Refuses a graph whose weights are stored elsewhere: it would read them from address 0. Weights of
// more than 2 GB follow the graph, which then holds two numbers in their place.
static void require_weights(const struct package_graph *graph, const char *name)
{
    const struct archive_member *member = graph->shared_object;
    struct shared_object object = shared_object_read(member->data, member->size, name);
    if (shared_object_distance(&object, "_binary_constants_bin_start", "_binary_constants_bin_end")
        < 2 * sizeof(uint64_t))
        die(STATUS_PACKAGE,
            "%s: graph holds no weights; build it with aot_inductor.package_constants_in_so",
            name);
}

// A package without metadata does not declare its inputs, so its code is made to check them.
static void check_foreign_inputs(struct graph *graph)
{
    setenv("AOTI_RUNTIME_CHECK_INPUTS", "1", true);
    graph->refusal = "graph does not take int64 input_ids and attention_mask [1, S] of the "
                     "lengths given by --seq-len";
}

struct model *logits_model_open(const struct package *package,
                                const struct model_options *options,
                                struct statistics *statistics)
{
    const char *name = package->map.name;
    if (!package->sequence.known)
        die(STATUS_PACKAGE, "%s: no metadata: pass its length with --seq-len", name);
    const struct package_graph *graph = package_find_graph(package, "model");
    require_weights(graph, name);
    struct logits_model *self = xcalloc(1, sizeof *self);
    self->model = (struct model){
        .form = &logits_form,
        .package = package,
        .runtime = runtime_open(&options->runtime, package, device_open(package)),
        .vocab_size = package->vocab_size,
        .capacity = (size_t)package->sequence.max,
    };
    self->bucket_pad = options->bucket_pad;
    statistics_stage(statistics, "runtime", 0);
    self->graph = graph_open(&self->model.runtime, graph->shared_object, name);
    statistics_stage(statistics, "graphs", graph->shared_object->size);
    if (self->graph.input_count != INPUTS || self->graph.output_count != 1)
        die(STATUS_PACKAGE, "%s: graph has %zu inputs and %zu outputs, expected 2 and 1", name,
            self->graph.input_count, self->graph.output_count);
    if (package->metadata == NULL)
        check_foreign_inputs(&self->graph);
    self->input_ids = xcalloc(self->model.capacity, sizeof *self->input_ids);
    self->attention_mask = xcalloc(self->model.capacity, sizeof *self->attention_mask);
    self->places[0] = self->input_ids;
    self->places[1] = self->attention_mask;
    const struct device *device = self->model.runtime.device;
    for (int i = 0; i < INPUTS && device != NULL; i++)
        self->places[i] = device->allocate(self->model.capacity * sizeof(int64_t));
    return &self->model;
}
