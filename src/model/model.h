// SPDX-License-Identifier: BSD-2-Clause
// A language model and its current sequence, independent of the form of the package.

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
    bool bucket_pad;  // pad sequences to a static length
    struct runtime_options runtime;
    struct sampling_options sampling;  // for models that pick ids themselves
    bool records;                      // record a step on a GPU once, then replay it
};

// The operations of one form of package.
struct model_form {
    // Computes the logits after the last id of the sequence, whose last COUNT ids are new. Returns
    // float32 [vocab_size], valid until the next call.
    const float *(*extend)(struct model *model, size_t count);
    // Likewise, and picks the next id where the logits are, by the sampling options. NULL: use
    // sampler_pick(). GOES_ON: that id is likely to be appended next.
    int32_t (*pick)(struct model *model, size_t count, bool goes_on);
    // Computes the logits after each id of the sequence except the last, all of it new, and passes
    // them to VISIT, position by position. NULL: call extend() id by id.
    void (*visit_all)(struct model *model,
                      void (*visit)(const float *logits, size_t position, void *context),
                      void *context);
    void (*close)(struct model *model);
};

struct model {
    const struct model_form *form;
    const struct package *package;  // borrowed
    struct runtime runtime;
    int64_t vocab_size;
    size_t capacity;  // maximum length of a sequence, in ids
    int32_t *ids;     // the sequence, [capacity]
    size_t count;
};

// Loads the package's graphs over a runtime and records the stages in STATISTICS. PACKAGE must
// outlive the model. Dies with the statuses of package.h, runtime.h and graph.h.
struct model *model_open(const struct package *package, const struct model_options *options,
                         struct statistics *statistics);
void model_close(struct model *model);

// Runs the model once, so that the first request finds everything in memory.
void model_warm_up(struct model *model);

// Drops the sequence except for the prefix that it shares with IDS [count], at most COUNT - 1 ids
// so that something is left to append. Returns the length of the prefix kept.
size_t model_rewind(struct model *model, const int32_t *ids, size_t count);

// Returns true if COUNT more ids fit.
bool model_has_room(const struct model *model, size_t count);

// Appends COUNT >= 1 ids, all below vocab_size, and computes the logits that follow the last.
// Returns float32 [vocab_size], valid until the next call. There must be room.
const float *model_append(struct model *model, const int32_t *ids, size_t count);

// Returns true if model_pick() may be called.
bool model_picks(const struct model *model);

// Appends like model_append() and returns the id that follows. GOES_ON: it is likely to be appended
// next. Dies with STATUS_FAILURE if a logit is not a number.
int32_t model_pick(struct model *model, const int32_t *ids, size_t count, bool goes_on);

// Starts a new sequence, appends IDS [count] and calls VISIT with the logits after each id except
// the last; positions count from 0.
void model_visit(struct model *model, const int32_t *ids, size_t count,
                 void (*visit)(const float *logits, size_t position, void *context),
                 void *context);

// Constructors of the forms, called by model_open().
struct model *logits_model_open(const struct package *package,
                                const struct model_options *options,
                                struct statistics *statistics);
struct model *cached_model_open(const struct package *package,
                                const struct model_options *options,
                                struct statistics *statistics);

// Like cached_model_open(), for a device that is not the CPU.
struct model *cached_model_open_on(const struct device *device, const struct package *package,
                                   const struct model_options *options,
                                   struct statistics *statistics);

// Converts COUNT values of DTYPE at DATA to float32 at RESULT. Dies with STATUS_PACKAGE if DTYPE is
// not a floating-point type.
void model_to_float(const void *data, enum torch_dtype dtype, size_t count, float *result);

#endif
