// SPDX-License-Identifier: BSD-2-Clause
// Products of many rows, blocked for the caches as K. Goto and R. van de Geijn describe it
// ("Anatomy of high-performance matrix multiplication", 2008): the left side lies packed by
// vectors of rows, the right side is made a panel of steps at a time.
//
// Who includes this file says what a step is: ELEMENTS of the inner dimension, packed into four
// bytes, a step_type. STEPS of them are done together, and VECTORS vectors of rows; a tile has
// TILE_COLUMNS columns.

#ifndef AOTI_RUNTIME_MANY_ROWS_H
#define AOTI_RUNTIME_MANY_ROWS_H

#include "runtime/finish.h"
#include "runtime/kernels.h"
#include "runtime/parallel.h"

// Of a task, in its scratch.
struct work {
    float sums[COLUMNS_A_TASK][VECTORS * LANES];
    step_type panel[COLUMNS_A_TASK * STEPS];
    float row[COLUMNS_A_TASK];
};

// A block of steps of a task's columns.
struct block {
    const struct product *p;
    const step_type *packed;
    int64_t begin, end;    // columns
    int64_t first, steps;  // steps
};

// The steps of row ROW of the left side from FIRST on, COUNT of them.
static void pack_row(const struct product *p, int64_t row, int64_t first, int64_t count,
                     step_type *steps);

// Fills the panel of a block.
static void make_panel(const struct block *block, step_type *panel);

// Adds a tile, the panel's columns from COLUMN on for the vectors of rows from VECTOR on, of which
// COUNT are left, to SUMS; a column's follow after VECTORS * LANES.
static void add_panel(const struct block *block, const step_type *panel, int64_t column,
                      int64_t vector, int64_t count, float *sums);

static inline int64_t at_most(int64_t most, int64_t there)
{
    return there < most ? there : most;
}

static inline int64_t vector_count(const struct product *p)
{
    return (p->rows + LANES - 1) / LANES;
}

static inline int64_t step_count(const struct product *p)
{
    return (p->inner + ELEMENTS - 1) / ELEMENTS;
}

static inline size_t many_rows_packed_bytes(const struct product *p)
{
    return (size_t)(vector_count(p) * LANES * step_count(p)) * sizeof(step_type);
}

static inline int64_t steps_from(const struct product *p, int64_t first)
{
    return at_most(STEPS, step_count(p) - first);
}

// Vectors of rows follow each other for each block of STEPS; in them LANES rows for each step.
static inline int64_t packed_offset(const struct product *p, int64_t first, int64_t vector)
{
    return LANES * (first * vector_count(p) + vector * steps_from(p, first));
}

// Vector INDEX of rows; those behind the last are zeros.
static inline void many_rows_pack(const struct product *p, void *packed, int64_t index)
{
    step_type row_steps[STEPS];
    for (int64_t first = 0; first < step_count(p); first += STEPS) {
        step_type *block = (step_type *)packed + packed_offset(p, first, index);
        int64_t steps = steps_from(p, first);
        for (int64_t i = 0; i < LANES; i++) {
            int64_t row = index * LANES + i;
            if (row < p->rows)
                pack_row(p, row, first, steps, row_steps);
            else
                memset(row_steps, 0, sizeof row_steps);
            for (int64_t k = 0; k < steps; k++)
                block[k * LANES + i] = row_steps[k];
        }
    }
}

// A few panels, whose weights can be asked for ahead of their use, but for the first; not so many
// that threads would wait for each other.
static inline int64_t many_rows_task_columns(const struct product *p)
{
    enum { PANELS_MAX = 8, TASKS_A_THREAD = 8 };
    int64_t panels = p->columns / COLUMNS_A_TASK / TASKS_A_THREAD / (int64_t)parallel_threads();
    return COLUMNS_A_TASK * (panels < 1 ? 1 : panels > PANELS_MAX ? PANELS_MAX : panels);
}

static inline size_t many_rows_scratch_bytes(const struct product *p)
{
    (void)p;
    return sizeof(struct work);
}

static inline void many_rows_finish(const struct product *p, struct work *work, int64_t first_row,
                                    int64_t begin, int64_t end)
{
    for (int64_t i = 0; i < VECTORS * LANES && first_row + i < p->rows; i++) {
        for (int64_t j = 0; j < end - begin; j++)
            work->row[j] = work->sums[j][i];
        finish_row(p, first_row + i, begin, end - begin, work->row);
    }
}

// Asks for the weights that are wanted after COUNT columns from COLUMN on of BLOCK: the same columns
// of the next steps or, behind the last ones, the first steps of the panel that follows before END.
static inline void prefetch_next(const struct block *block, int64_t column, int64_t count,
                                 int64_t end)
{
    const struct product *p = block->p;
    int64_t first = block->first + STEPS;
    if (first >= step_count(p)) {
        first = 0;
        column += COLUMNS_A_TASK;
    }
    if (column + count <= end)
        prefetch_columns(&p->right, column, count, ELEMENTS * first,
                         ELEMENTS * steps_from(p, first));
}

// The vectors of a tile stay in the cache nearest by, while the columns go by. Of the weights after
// these, those before column END are asked for.
static inline void add_block(const struct block *block, struct work *work, int64_t vector,
                             int64_t count, int64_t end)
{
    make_panel(block, work->panel);
    for (int64_t v = 0; v < count; v += TILE_VECTORS)
        for (int64_t n = block->begin; n < block->end; n += TILE_COLUMNS) {
            if (v == 0)
                prefetch_next(block, n, at_most(TILE_COLUMNS, block->end - n), end);
            add_panel(block, work->panel, n - block->begin, vector + v, count - v,
                      &work->sums[n - block->begin][v * LANES]);
        }
}

// A panel of columns from BEGIN on, of those before END.
static inline void compute_panel(const struct product *p, const void *packed, int64_t begin,
                                 int64_t end, struct work *work)
{
    int64_t columns = at_most(COLUMNS_A_TASK, end - begin);
    for (int64_t vector = 0; vector < vector_count(p); vector += VECTORS) {
        int64_t count = at_most(VECTORS, vector_count(p) - vector);
        for (int64_t j = 0; j < COLUMNS_A_TASK; j++)
            memset(work->sums[j], 0, (size_t)(count * LANES) * sizeof(float));
        for (int64_t first = 0; first < step_count(p); first += STEPS) {
            struct block block = {p, packed, begin, begin + columns, first, steps_from(p, first)};
            add_block(&block, work, vector, count, end);
        }
        many_rows_finish(p, work, vector * LANES, begin, begin + columns);
    }
}

static inline void many_rows_compute(const struct product *p, const void *packed, int64_t begin,
                                     int64_t end, void *scratch)
{
    for (; begin < end; begin += COLUMNS_A_TASK)
        compute_panel(p, packed, begin, end, scratch);
}

#endif
