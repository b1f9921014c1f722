// SPDX-License-Identifier: BSD-2-Clause
// Products of many rows, blocked for the caches as K. Goto and R. van de Geijn describe it
// ("Anatomy of high-performance matrix multiplication", 2008): the left side lies packed by
// vectors of rows, the right side is made float32 a panel at a time.

#include "config.h"

#include "runtime/finish.h"
#include "runtime/kernels.h"
#include "runtime/levels.h"
#include "runtime/tile.h"

enum {
    STEPS = 512,             // of the inner dimension that are done together
    VECTORS = 12,            // of rows that are done together
};

// Of a task, in its scratch.
struct work {
    float sums[COLUMNS_A_TASK][VECTORS * LANES];
    float panel[TILE_COLUMNS][STEPS];
    float row[COLUMNS_A_TASK];
};

static bool covers(const struct product *p)
{
    (void)p;
    return true;
}

static int64_t vector_count(const struct product *p)
{
    return (p->rows + LANES - 1) / LANES;
}

static size_t packed_bytes(const struct product *p)
{
    return (size_t)(vector_count(p) * LANES * p->inner) * sizeof(float);
}

static int64_t steps_from(const struct product *p, int64_t first)
{
    return p->inner - first < STEPS ? p->inner - first : STEPS;
}

// Vectors of rows follow each other for each block of STEPS; in them LANES rows for each step.
static int64_t packed_offset(const struct product *p, int64_t first_step, int64_t index)
{
    return LANES * (first_step * vector_count(p) + index * steps_from(p, first_step));
}

// Vector INDEX of rows; those behind the last are zeros.
static void pack(const struct product *p, void *packed, int64_t index)
{
    const struct matrix *left = &p->left;
    for (int64_t first = 0; first < p->inner; first += STEPS) {
        float *block = (float *)packed + packed_offset(p, first, index);
        int64_t steps = steps_from(p, first);
        for (int64_t i = 0; i < LANES; i++) {
            int64_t row = index * LANES + i;
            const void *source = matrix_at(left, row < p->rows ? row : 0, first);
            for (int64_t k = 0; k < steps; k++)
                block[k * LANES + i] =
                    row < p->rows ? element_to_float(left->dtype, source, k * left->column_stride)
                                  : 0;
        }
    }
}

static int64_t task_columns(const struct product *p)
{
    (void)p;
    return COLUMNS_A_TASK;
}

static size_t scratch_bytes(const struct product *p)
{
    (void)p;
    return sizeof(struct work);
}

// Column COLUMN of the right side, STEPS of it from FIRST on, as float32.
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

static void make_panel(const struct product *p, int64_t column, int64_t end, int64_t first,
                       int64_t steps, float panel[TILE_COLUMNS][STEPS])
{
    for (int64_t j = 0; j < TILE_COLUMNS; j++)
        if (column + j < end)
            make_panel_column(p, column + j, first, steps, panel[j]);
        else
            memset(panel[j], 0, (size_t)steps * sizeof(float));
}

// Adds a block of steps for columns from COLUMN on, for COUNT vectors of rows from VECTOR on.
static void add_panel(const struct product *p, const float *packed, int64_t first_step,
                      int64_t first_vector, int64_t count, float (*sums)[VECTORS * LANES],
                      float panel[TILE_COLUMNS][STEPS])
{
    int64_t steps = steps_from(p, first_step);
    for (int64_t v = 0; v < count; v += TILE_VECTORS)
        tile_add((struct tile_operands){
                     .left = packed + packed_offset(p, first_step, first_vector + v),
                     .left_vector = LANES * steps,
                     .left_step = LANES,
                     .right = panel[0],
                     .right_column = STEPS,
                     .right_step = 1,
                     .sums = sums[0] + v * LANES,
                     .sums_column = VECTORS * LANES,
                     .steps = steps,
                 },
                 count - v);
}

static void finish(const struct product *p, struct work *work, int64_t first_row, int64_t begin,
                   int64_t end)
{
    for (int64_t i = 0; i < VECTORS * LANES && first_row + i < p->rows; i++) {
        for (int64_t j = 0; j < end - begin; j++)
            work->row[j] = work->sums[j][i];
        finish_row(p, first_row + i, begin, end - begin, work->row);
    }
}

// Of the panel that comes after the one at COLUMN and FIRST.
static void prefetch_next(const struct product *p, int64_t column, int64_t begin, int64_t end,
                          int64_t first)
{
    column += TILE_COLUMNS;
    if (column >= end) {
        column = begin;
        first += STEPS;
    }
    int64_t count = end - column < TILE_COLUMNS ? end - column : TILE_COLUMNS;
    if (first < p->inner)
        prefetch_columns(&p->right, column, count, first, steps_from(p, first));
}

static void compute(const struct product *p, const void *packed, int64_t begin, int64_t end,
                    void *scratch)
{
    struct work *work = scratch;
    for (int64_t vector = 0; vector < vector_count(p); vector += VECTORS) {
        int64_t count = vector_count(p) - vector < VECTORS ? vector_count(p) - vector : VECTORS;
        memset(work->sums, 0, sizeof work->sums);
        for (int64_t first = 0; first < p->inner; first += STEPS)
            for (int64_t n = begin; n < end; n += TILE_COLUMNS) {
                make_panel(p, n, end, first, steps_from(p, first), work->panel);
                prefetch_next(p, n, begin, end, first);
                add_panel(p, packed, first, vector, count, work->sums + (n - begin), work->panel);
            }
        finish(p, work, vector * LANES, begin, end);
    }
}

const struct product_kernel LEVEL_NAME(many_rows) = {
    covers, packed_bytes, vector_count, pack, task_columns, scratch_bytes, compute,
};
