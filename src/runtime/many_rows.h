// SPDX-License-Identifier: BSD-2-Clause
// Products of two or more rows, blocked for the caches (K. Goto and R. van de Geijn, "Anatomy of
// high-performance matrix multiplication", 2008).
//
// How it works: the left side is packed by vectors of rows. A task computes some columns: for each
// block of STEPS steps, and for each panel of COLUMNS_A_TASK of its columns, the panel is converted
// to the form that the level multiplies, and all tiles of up to VECTORS vectors of rows are added
// to their sums. While one panel is multiplied, the next one is made strip by strip. The sums stay
// in the task's scratch and are transposed, scaled and rounded at the end.
//
// Example: 64 rows times 4096 x 128 weights at STEPS 512. For steps 0 to 511: panel of columns 0 to
// 31, all its tiles, then columns 32 to 63, and so on; then steps 512 to 1023. Each weight is read
// and converted once for VECTORS vectors of rows, each packed row once a panel, from the second
// cache.
//
// The including file defines a step: ELEMENTS of the inner dimension in four bytes, a step_type.
// Steps come in whole UNITs, filled up with zeros. Columns of a panel are PANEL_COLUMN steps apart,
// and a strip is STRIP steps of a column. A tile has TILE_VECTORS vectors and TILE_COLUMNS columns.
// TILE_COLUMNS columns.

#ifndef AOTI_RUNTIME_MANY_ROWS_H
#define AOTI_RUNTIME_MANY_ROWS_H

#include "runtime/finish.h"
#include "runtime/kernels.h"
#include "runtime/parallel.h"

enum {
    PANELS_MAX = 8,  // per task: few enough that threads finish together
    TASK_COLUMNS = PANELS_MAX * COLUMNS_A_TASK,
    SUMS_COLUMN = VECTORS * LANES,  // from one column of sums to the next
    FETCH_AHEAD = 32,               // strips between the one prefetched and the one made
};

// Scratch of a task.
struct work {
    float sums[TASK_COLUMNS][SUMS_COLUMN];
    float rows[LANES][TASK_COLUMNS + LANES];
    step_type panels[2][COLUMNS_A_TASK * PANEL_COLUMN];  // in use, and to be used next
};

// A block of steps of a panel's columns.
struct block {
    const struct product *p;
    const step_type *packed;
    int64_t begin, end;    // columns; none after the last block of a task
    int64_t first, steps;  // steps
};

// A strip of a block. Strips follow each other through all that a task reads.
struct strip {
    struct block block;
    int64_t column, step;  // of the block
};

// What remains to be done for the next panel while the current one is in use.
struct ahead {
    int64_t begin, end;  // columns of the task
    struct strip made, fetched;
    int64_t left;  // strips to be made
    int64_t pace;  // strips for each UNIT of steps of a tile, so that all are made in time
    step_type *panel;
};

// Packs COUNT steps of row ROW of the left side, from FIRST on.
static void pack_row(const struct product *p, int64_t row, int64_t first, int64_t count,
                     step_type *steps);

// Makes a strip of a panel. Columns past the last are zeros, where that matters.
static void make_strip(const struct strip *strip, step_type *panel);

// Adds a tile to SUMS: the panel's columns from COLUMN on times the vectors of rows from VECTOR on.
// COUNT vectors are left, at least one. Calls get_ready() now and then.
static void add_panel(const struct block *block, const step_type *panel, int64_t column,
                      int64_t vector, int64_t count, float *sums, struct ahead *ahead);

// Makes a strip that is a whole column, by COPY, or by MAKE_INT4 for LANES columns of 4-bit
// weights.
INLINE void make_column(const struct strip *strip, step_type *panel,
                        void (*copy)(const struct product *p, int64_t column, int64_t first,
                                     int64_t count, step_type *steps),
                        void (*make_int4)(const struct block *block, int64_t column,
                                          step_type *panel))
{
    const struct block *block = &strip->block;
    const int64_t column = strip->column;
    step_type *steps = panel + column * PANEL_COLUMN;
    if (block->p->right.dtype != TORCH_UINT8) {
        if (block->begin + column < block->end)
            copy(block->p, block->begin + column, block->first, block->steps, steps);
        else
            memset(steps, 0, (size_t)block->steps * sizeof *steps);
    } else if (column % LANES == 0 && block->begin + column < block->end) {
        make_int4(block, column, panel);
    }
}

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
    return (p->inner + ELEMENTS * UNIT - 1) / (ELEMENTS * UNIT) * UNIT;
}

static inline size_t many_rows_packed_bytes(const struct product *p)
{
    return (size_t)(vector_count(p) * LANES * step_count(p)) * sizeof(step_type);
}

static inline int64_t steps_from(const struct product *p, int64_t first)
{
    return at_most(STEPS, step_count(p) - first);
}

// Vectors of rows follow each other for each block of STEPS; each has LANES rows for each step.
static inline int64_t packed_offset(const struct product *p, int64_t first, int64_t vector)
{
    return LANES * (first * vector_count(p) + vector * steps_from(p, first));
}

// Packs vector INDEX of rows; rows past the last are zeros.
static inline void many_rows_pack(const struct product *p, void *packed, int64_t index)
{
    enum { ROW = STEPS + LANES };  // not a power of two, so that rows use different cache sets
    step_type rows[LANES][ROW];
    for (int64_t i = p->rows - index * LANES; i < LANES; i++)
        memset(rows[i], 0, sizeof rows[i]);
    for (int64_t first = 0; first < step_count(p); first += STEPS) {
        step_type *block = (step_type *)packed + packed_offset(p, first, index);
        int64_t steps = steps_from(p, first);
        for (int64_t i = 0; i < LANES && index * LANES + i < p->rows; i++)
            pack_row(p, index * LANES + i, first, steps, rows[i]);
        for (int64_t k = 0; k < steps; k += LANES) {
            vector values[LANES];
            for (int64_t i = 0; i < LANES; i++)
                memcpy(&values[i], rows[i] + k, sizeof values[i]);
            vector_transpose(values);
            memcpy(block + k * LANES, values, (size_t)at_most(LANES, steps - k) * sizeof *values);
        }
    }
}

// Several tasks for each thread.
static inline int64_t many_rows_task_columns(const struct product *p)
{
    enum { TASKS_A_THREAD = 4 };
    int64_t panels = p->columns / COLUMNS_A_TASK / TASKS_A_THREAD / (int64_t)parallel_threads();
    return COLUMNS_A_TASK * (panels < 1 ? 1 : panels > PANELS_MAX ? PANELS_MAX : panels);
}

static inline size_t many_rows_scratch_bytes(const struct product *p)
{
    (void)p;
    return sizeof(struct work);
}

// Returns the block after BLOCK in a task of columns [BEGIN, END): the same steps of the next
// panel, then the next steps of the first one.
static inline struct block block_after(struct block block, int64_t begin, int64_t end)
{
    block.begin += COLUMNS_A_TASK;
    if (block.begin >= end) {
        block.first += STEPS;
        block.begin = block.first < step_count(block.p) ? begin : end;
    }
    block.steps = block.begin < end ? steps_from(block.p, block.first) : 0;
    block.end = block.begin + at_most(COLUMNS_A_TASK, end - block.begin);
    return block;
}

static inline void next_strip(struct strip *strip, int64_t begin, int64_t end)
{
    strip->step += STRIP;
    if (strip->step < strip->block.steps)
        return;
    strip->step = 0;
    strip->column++;
    if (strip->column < COLUMNS_A_TASK)
        return;
    strip->column = 0;
    strip->block = block_after(strip->block, begin, end);
}

INLINE void fetch_strip(const struct strip *strip)
{
    const struct block *block = &strip->block;
    int64_t column = block->begin + strip->column;
    if (column < block->end)
        prefetch_columns(&block->p->right, column, 1, ELEMENTS * (block->first + strip->step),
                         ELEMENTS * at_most(STRIP, block->steps - strip->step));
}

// Makes COUNT more strips of the next panel.
static inline void get_ready(struct ahead *ahead, int64_t count)
{
    for (count = at_most(count, ahead->left), ahead->left -= count; count > 0; count--) {
        fetch_strip(&ahead->fetched);
        make_strip(&ahead->made, ahead->panel);
        next_strip(&ahead->fetched, ahead->begin, ahead->end);
        next_strip(&ahead->made, ahead->begin, ahead->end);
    }
}

static inline int64_t strip_count(const struct block *block)
{
    return COLUMNS_A_TASK * ((block->steps + STRIP - 1) / STRIP);
}

// The vectors of a tile stay in the first cache while the columns go by.
static inline void add_block(const struct block *block, const step_type *panel, int64_t vector,
                             int64_t count, float sums[][SUMS_COLUMN], struct ahead *ahead)
{
    if (block->first == 0)
        for (int64_t j = 0; j < COLUMNS_A_TASK; j++)
            memset(sums[j], 0, (size_t)(count * LANES) * sizeof(float));
    for (int64_t v = 0; v < count; v += TILE_VECTORS)
        for (int64_t n = 0; n < block->end - block->begin; n += TILE_COLUMNS)
            add_panel(block, panel, n, vector + v, count - v, &sums[n][v * LANES], ahead);
}

// Finishes the sums of COUNT vectors of rows from row FIRST on.
static inline void many_rows_finish(const struct product *p, struct work *work, int64_t first,
                                    int64_t count, int64_t begin, int64_t end)
{
    for (int64_t v = 0; v < count; v++) {
        for (int64_t j = 0; j < end - begin; j += LANES) {
            vector values[LANES];
            UNROLLED for (int64_t i = 0; i < LANES; i++)
                values[i] = vector_load(&work->sums[j + i][v * LANES]);
            vector_transpose(values);
            UNROLLED for (int64_t i = 0; i < LANES; i++)
                vector_store(&work->rows[i][j], values[i]);
        }
        for (int64_t i = 0; i < LANES && first + v * LANES + i < p->rows; i++)
            finish_row(p, first + v * LANES + i, begin, end - begin, work->rows[i]);
    }
}

// Computes everything of a task's columns for COUNT vectors of rows from VECTOR on.
static inline void compute_vectors(const struct product *p, const void *packed, int64_t vector,
                                   int64_t count, int64_t begin, int64_t end, struct work *work)
{
    const int64_t tiles = (count + TILE_VECTORS - 1) / TILE_VECTORS;
    struct block block = {p, packed, begin, begin + at_most(COLUMNS_A_TASK, end - begin), 0,
                          steps_from(p, 0)};
    struct ahead ahead = {begin, end, {block, 0, 0}, {block, 0, 0}, strip_count(&block),
                          (COLUMNS_A_TASK * UNIT + tiles * STRIP - 1) / (tiles * STRIP),
                          work->panels[0]};
    for (int i = 0; i < FETCH_AHEAD; i++) {
        fetch_strip(&ahead.fetched);
        next_strip(&ahead.fetched, begin, end);
    }
    get_ready(&ahead, ahead.left);
    for (int64_t i = 0; block.begin < block.end; i++, block = block_after(block, begin, end)) {
        ahead.panel = work->panels[(i + 1) % 2];
        ahead.left = strip_count(&ahead.made.block);
        add_block(&block, work->panels[i % 2], vector, count, work->sums + (block.begin - begin),
                  &ahead);
        get_ready(&ahead, ahead.left);
    }
    many_rows_finish(p, work, vector * LANES, count, begin, end);
}

static inline void many_rows_compute(const struct product *p, const void *packed, int64_t begin,
                                     int64_t end, void *scratch)
{
    // Parts of equal size, so that the last one is not so small that it only reads weights.
    int64_t vectors = vector_count(p), parts = (vectors + VECTORS - 1) / VECTORS;
    int64_t tiles = ((vectors + parts - 1) / parts + TILE_VECTORS - 1) / TILE_VECTORS;
    for (int64_t vector = 0; vector < vectors; vector += tiles * TILE_VECTORS)
        compute_vectors(p, packed, vector, at_most(tiles * TILE_VECTORS, vectors - vector), begin,
                        end, scratch);
}

#endif
