// SPDX-License-Identifier: BSD-2-Clause

#include "config.h"

#include "model/model.h"

#include <stdlib.h>
#include <string.h>

#include "common/diagnostics.h"
#include "common/memory.h"

struct model *model_open(const struct package *package, const struct model_options *options,
                         struct statistics *statistics)
{
    struct model *model = package->form == PACKAGE_CACHED
                              ? cached_model_open(package, options, statistics)
                              : logits_model_open(package, options, statistics);
    model->ids = xcalloc(model->capacity, sizeof *model->ids);
    if (model->vocab_size == 0)
        model_warm_up(model);  // a foreign package does not tell: its first answer does
    return model;
}

void model_close(struct model *model)
{
    if (model == NULL)
        return;
    free(model->ids);
    model->form->close(model);
}

void model_warm_up(struct model *model)
{
    const struct package_sequence *sequence = &model->package->sequence;
    model->count = sequence->dynamic ? 1 : model->capacity;
    memset(model->ids, 0, model->count * sizeof *model->ids);
    model->form->extend(model, model->count);
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

const float *model_append(struct model *model, const int32_t *ids, size_t count)
{
    memcpy(model->ids + model->count, ids, count * sizeof *ids);
    model->count += count;
    return model->form->extend(model, count);
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

static float bits_to_float(uint32_t bits)
{
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

// IEEE 754 binary16; subnormal numbers by multiplying with 2^-24.
static float half_to_float(uint16_t half)
{
    uint32_t sign = (uint32_t)(half & 0x8000) << 16;
    uint32_t exponent = half >> 10 & 0x1f, fraction = half & 0x3ff;
    if (exponent == 0) {
        float value = (float)fraction * 0x1p-24f;
        return sign != 0 ? -value : value;
    }
    exponent = exponent == 0x1f ? 0xff : exponent + 127 - 15;
    return bits_to_float(sign | exponent << 23 | fraction << 13);
}

void model_to_float(const void *data, enum torch_dtype dtype, size_t count, float *result)
{
    const uint16_t *half = data;
    switch (dtype) {
    case TORCH_FLOAT32:
        memcpy(result, data, count * sizeof *result);
        break;
    case TORCH_BFLOAT16:
        for (size_t i = 0; i < count; i++)
            result[i] = bits_to_float((uint32_t)half[i] << 16);
        break;
    case TORCH_FLOAT16:
        for (size_t i = 0; i < count; i++)
            result[i] = half_to_float(half[i]);
        break;
    default:
        die(STATUS_PACKAGE, "the model's logits are of dtype %d, not a floating-point type",
            (int)dtype);
    }
}
