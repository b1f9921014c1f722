// SPDX-License-Identifier: BSD-2-Clause
// Products of two or more rows in float32; a step is one element of the inner dimension.

#include "config.h"

#include "runtime/levels.h"
#include "runtime/tile.h"

enum { ELEMENTS = 1, UNIT = 1, STEPS = 256, STRIP = STEPS, PANEL_COLUMN = STEPS, VECTORS = 12 };

typedef float step_type;

#include "runtime/many_rows.h"

#include "runtime/int4.h"

static bool covers(const struct product *p)
{
    (void)p;
    return true;
}

static void pack_row(const struct product *p, int64_t row, int64_t first, int64_t count,
                     step_type *steps)
{
    const void *source = matrix_at(&p->left, row, first);
    for (int64_t k = 0; k < count; k++)
        steps[k] = element_to_float(p->left.dtype, source, k * p->left.column_stride);
}

// Fills column COLUMN of the panel as float32: STEPS steps from FIRST on.
static void make_panel_column(const struct product *p, int64_t column, int64_t first,
                              int64_t steps, float *panel)
{
    const struct matrix *right = &p->right;
    const char *source = matrix_at(right, first, column);
    int64_t k = 0;
    if (right->row_stride == 1 && right->dtype != TORCH_FLOAT16)
        for (; k + LANES <= steps; k += LANES)
            vector_store(panel + k,
                         vector_load_as(right->dtype,
                                        source + (size_t)k * element_size(right->dtype)));
    for (; k < steps; k++)
        panel[k] = element_to_float(right->dtype, source, k * right->row_stride);
}

// Converts LANES columns of 4-bit weights from COLUMN on; a row of the panel is a step.
static void make_int4_columns(const struct block *block, int64_t column, float *panel)
{
    const struct product *p = block->p;
    float scales[LANES], zeros[LANES];
    int64_t group = -1;
    for (int64_t k = 0; k < block->steps; k++) {
        int shift;
        const uint8_t *bytes = int4_at(p, block->first + k, block->begin + column, &shift);
        if ((block->first + k) / p->groups.size != group) {
            group = (block->first + k) / p->groups.size;
            int4_load_scales(p, group, block->begin + column, LANES, scales, zeros);
        }
        vector_store(panel + k * COLUMNS_A_TASK + column,
                     vector_load_int4(bytes, shift) * vector_load(scales) + vector_load(zeros));
    }
}

static void make_strip(const struct strip *strip, step_type *panel)
{
    make_column(strip, panel, make_panel_column, make_int4_columns);
}

// The strides of the panel are constants at each call.
INLINE void add_strided(const struct block *block, const step_type *right, int64_t right_column,
                        int64_t right_step, int64_t vector, int64_t count, float *sums)
{
    tile_add((struct tile_operands){
                 .left = block->packed + packed_offset(block->p, block->first, vector),
                 .left_vector = LANES * block->steps,
                 .left_step = LANES,
                 .right = right,
                 .right_column = right_column,
                 .right_step = right_step,
                 .sums = sums,
                 .sums_column = SUMS_COLUMN,
                 .steps = block->steps,
             },
             count);
}

static void add_panel(const struct block *block, const step_type *panel, int64_t column,
                      int64_t vector, int64_t count, float *sums, struct ahead *ahead)
{
    get_ready(ahead, TILE_COLUMNS);
    if (block->p->right.dtype == TORCH_UINT8)
        add_strided(block, panel + column, 1, COLUMNS_A_TASK, vector, count, sums);
    else
        add_strided(block, panel + column * PANEL_COLUMN, PANEL_COLUMN, 1, vector, count, sums);
}

const struct product_kernel LEVEL_NAME(many_rows) = {
    covers, many_rows_packed_bytes, vector_count, many_rows_pack, many_rows_task_columns,
    many_rows_scratch_bytes, many_rows_compute,
};
