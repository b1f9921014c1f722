// SPDX-License-Identifier: BSD-2-Clause

#include "config.h"

#include "model/model.h"

#include <stdlib.h>
#include <string.h>

#include "common/diagnostics.h"
#include "common/memory.h"
#include "runtime/convert.h"

struct model *model_open(const struct package *package, const struct model_options *options,
                         struct statistics *statistics)
{
    struct model *model = package->form == PACKAGE_CACHED
                              ? cached_model_open(package, options, statistics)
                              : logits_model_open(package, options, statistics);
    model->ids = xcalloc(model->capacity, sizeof *model->ids);
    if (model->vocab_size == 0)
        model_warm_up(model);  // a foreign package does not tell its type: its first answer does
    return model;
}

void model_close(struct model *model)
{
    if (model == NULL)
        return;
    free(model->ids);
    model->form->close(model);
}

// Runs both graphs of a cached model: a few ids at once, then one more.
void model_warm_up(struct model *model)
{
    const struct package_sequence *sequence = &model->package->sequence;
    bool is_cached = model->package->form == PACKAGE_CACHED;
    model->count = !sequence->dynamic ? model->capacity : (size_t)sequence->min;
    memset(model->ids, 0, model->count * sizeof *model->ids);
    model->form->extend(model, model->count);
    if (is_cached && model_has_room(model, 1)) {
        model->ids[model->count++] = 0;
        model->form->extend(model, 1);
    }
    model->count = 0;
}

size_t model_rewind(struct model *model, const int32_t *ids, size_t count)
{
    size_t limit = model->count < count - 1 ? model->count : count - 1;
    size_t same = 0;
    while (same < limit && model->ids[same] == ids[same])
        same++;
    model->count = same;
    return same;
}

bool model_has_room(const struct model *model, size_t count)
{
    return count <= model->capacity - model->count;
}

static void append(struct model *model, const int32_t *ids, size_t count)
{
    memcpy(model->ids + model->count, ids, count * sizeof *ids);
    model->count += count;
}

const float *model_append(struct model *model, const int32_t *ids, size_t count)
{
    append(model, ids, count);
    return model->form->extend(model, count);
}

bool model_picks(const struct model *model)
{
    return model->form->pick != NULL;
}

int32_t model_pick(struct model *model, const int32_t *ids, size_t count, bool goes_on)
{
    append(model, ids, count);
    return model->form->pick(model, count, goes_on);
}

void model_visit(struct model *model, const int32_t *ids, size_t count,
                 void (*visit)(const float *logits, size_t position, void *context),
                 void *context)
{
    model->count = 0;
    if (model->form->visit_all != NULL) {
        memcpy(model->ids, ids, count * sizeof *ids);
        model->count = count;
        model->form->visit_all(model, visit, context);
        return;
    }
    for (size_t i = 0; i + 1 < count; i++)
        visit(model_append(model, ids + i, 1), i, context);
}

void model_to_float(const void *data, enum torch_dtype dtype, size_t count, float *result)
{
    if (dtype != TORCH_FLOAT32 && dtype != TORCH_BFLOAT16 && dtype != TORCH_FLOAT16)
        die(STATUS_PACKAGE, "logits have dtype %d, expected a floating-point type",
            (int)dtype);
    if (dtype == TORCH_FLOAT32) {
        memcpy(result, data, count * sizeof *result);  // nearly all graphs return float32
        return;
    }
    for (size_t i = 0; i < count; i++)
        result[i] = element_to_float(dtype, data, (int64_t)i);
}
