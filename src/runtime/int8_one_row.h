// SPDX-License-Identifier: BSD-2-Clause
// One row of bfloat16 with 8-bit weights: what its kernels share. The row is packed as integers
// (whole_numbers.h), followed by the scale of each part.
//
// The including file defines PART, the steps of a part, and INT8_COLUMNS, how many columns are
// computed at once, and includes whole_numbers_LEVEL.h.

#ifndef AOTI_RUNTIME_INT8_ONE_ROW_H
#define AOTI_RUNTIME_INT8_ONE_ROW_H

#include "runtime/task.h"

static bool covers(const struct product *p)
{
    return p->rows == 1 && p->right.dtype == TORCH_INT8 && p->right.row_stride == 1
           && is_whole_row(&p->left, p->inner);
}

static int64_t part_count(const struct product *p)
{
    return (p->inner + PART - 1) / PART;
}

static float *packed_scales(const struct product *p, const void *packed)
{
    return (float *)((uintptr_t)packed + (size_t)whole_bytes(part_count(p) * PART));
}

static size_t packed_bytes(const struct product *p)
{
    return (size_t)part_count(p) * ((size_t)whole_bytes(PART) + sizeof(float));
}

static void pack(const struct product *p, void *packed, int64_t index)
{
    int64_t first = index * PART, count = p->inner - first < PART ? p->inner - first : PART;
    packed_scales(p, packed)[index] = make_part(matrix_at(&p->left, 0, first), count, PART,
                                                (char *)packed + whole_bytes(first)).scale;
}

static int64_t task_columns(const struct product *p)
{
    return columns_of_task(p, p->inner, INT8_COLUMNS);
}

static size_t scratch_bytes(const struct product *p)
{
    (void)p;
    return TASK_COLUMNS_MAX * sizeof(float);
}

#endif
