// SPDX-License-Identifier: BSD-2-Clause
// A language model and the one sequence it is working on, whatever form its package has.

#ifndef AOTI_MODEL_MODEL_H
#define AOTI_MODEL_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/package.h"
#include "model/runtime.h"
#include "model/sampling.h"
#include "model/statistics.h"

struct model;

struct model_options {
    bool bucket_pad;  // fill what a static length leaves free
    struct runtime_options runtime;
    struct sampling_options sampling;  // for models that pick ids themselves
    bool records;                      // a step on a GPU is recorded once and replayed
};

// What a form of package does in its own way.
struct model_form {
    // Computes the logits after the last id of the sequence, of which the last COUNT ids are new.
    // Returns vocab_size float32 values, lent until the next call.
    const float *(*extend)(struct model *model, size_t count);
    // The same, and picks the id that follows by the options' sampling, where the logits are; NULL
    // where sampler_pick has to. GOES_ON: that id is likely to be appended next.
    int32_t (*pick)(struct model *model, size_t count, bool goes_on);
    // Computes the logits after each id of the sequence but the last, all of it new, and hands them
    // to VISIT, position by position; NULL where extend has to be called id by id.
    void (*visit_all)(struct model *model,
                      void (*visit)(const float *logits, size_t position, void *context),
                      void *context);
    void (*close)(struct model *model);
};

struct model {
    const struct model_form *form;
    const struct package *package;  // lent
    struct runtime runtime;
    int64_t vocab_size;
    size_t capacity;  // ids that a sequence can have
    int32_t *ids;     // the sequence, capacity of them
    size_t count;
};

// Loads the package's graphs over a runtime and notes the stages in STATISTICS. PACKAGE is lent and
// must outlive the model. Ends with the statuses of package.h, runtime.h and graph.h.
struct model *model_open(const struct package *package, const struct model_options *options,
                         struct statistics *statistics);
void model_close(struct model *model);

// Runs the model once, so that the first request finds it with everything in memory.
void model_warm_up(struct model *model);

// Forgets the sequence but for the ids that it has in common with the COUNT of IDS, at most
// COUNT - 1 so that there is something left to append. Returns how many were kept.
size_t model_rewind(struct model *model, const int32_t *ids, size_t count);

// Whether COUNT more ids fit.
bool model_has_room(const struct model *model, size_t count);

// Appends COUNT ids, at least one, all below vocab_size, and computes the logits that follow the
// last: vocab_size float32 values, lent until the next call. There must be room.
const float *model_append(struct model *model, const int32_t *ids, size_t count);

// Whether model_pick may be called.
bool model_picks(const struct model *model);

// Appends like model_append and returns the id that follows. GOES_ON: it is likely to be appended
// next. Ends with STATUS_FAILURE where a logit is not a number.
int32_t model_pick(struct model *model, const int32_t *ids, size_t count, bool goes_on);

// Forgets the sequence, appends the COUNT of IDS and calls VISIT with the logits after each but
// the last, position counting from 0.
void model_visit(struct model *model, const int32_t *ids, size_t count,
                 void (*visit)(const float *logits, size_t position, void *context),
                 void *context);

// The forms' constructors, for model_open.
struct model *logits_model_open(const struct package *package,
                                const struct model_options *options,
                                struct statistics *statistics);
struct model *cached_model_open(const struct package *package,
                                const struct model_options *options,
                                struct statistics *statistics);

// cached_model_open's, on a device that is not the CPU.
struct model *cached_model_open_on(const struct device *device, const struct package *package,
                                   const struct model_options *options,
                                   struct statistics *statistics);

// COUNT values of DTYPE at DATA as float32 at RESULT. DTYPE must be a floating-point type; others
// end the program with STATUS_PACKAGE.
void model_to_float(const void *data, enum torch_dtype dtype, size_t count, float *result);

#endif
