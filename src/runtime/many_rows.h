// SPDX-License-Identifier: BSD-2-Clause
// Products of many rows, blocked for the caches as K. Goto and R. van de Geijn describe it
// ("Anatomy of high-performance matrix multiplication", 2008): the left side lies packed by
// vectors of rows, the right side is made a panel of steps at a time.
//
// Who includes this file says what a step is: ELEMENTS of the inner dimension, packed into four
// bytes, a step_type. They come in whole UNITs; zeros fill the last. A panel has STEPS of them, its
// columns PANEL_COLUMN steps apart, and is made of pieces of PIECE steps of a column. So many steps
// are done for all panels of a task before the next ones, and that for VECTORS vectors of rows at
// most, so that the left side comes from a cache. A tile has TILE_VECTORS of these vectors and
// TILE_COLUMNS columns.

#ifndef AOTI_RUNTIME_MANY_ROWS_H
#define AOTI_RUNTIME_MANY_ROWS_H

#include "runtime/finish.h"
#include "runtime/kernels.h"
#include "runtime/parallel.h"

enum {
    PANELS_MAX = 8,  // of a task: so few that threads do not wait for each other
    TASK_COLUMNS = PANELS_MAX * COLUMNS_A_TASK,
    SUMS_COLUMN = VECTORS * LANES,  // from a column of sums to the next
    FETCH_AHEAD = 32,               // pieces between what is asked for and what is made
};

// Of a task, in its scratch.
struct work {
    float sums[TASK_COLUMNS][SUMS_COLUMN];
    float rows[LANES][TASK_COLUMNS + LANES];
    step_type panels[2][COLUMNS_A_TASK * PANEL_COLUMN];  // in use, and to be used next
};

// A block of steps of a panel's columns.
struct block {
    const struct product *p;
    const step_type *packed;
    int64_t begin, end;    // columns; none behind the last block of a task
    int64_t first, steps;  // steps
};

// A piece of a block, and by that of all that a task reads one after the other.
struct piece {
    struct block block;
    int64_t column, step;  // of the block
};

// What is still to be done for the panel that is wanted next, while another one is in use.
struct ahead {
    int64_t begin, end;  // columns of the task
    struct piece made, fetched;
    int64_t left;  // pieces to be made
    int64_t pace;  // pieces for each UNIT of steps of a tile, that all be made in time
    step_type *panel;
};

// The steps of row ROW of the left side from FIRST on, COUNT of them.
static void pack_row(const struct product *p, int64_t row, int64_t first, int64_t count,
                     step_type *steps);

// Makes a piece of a panel. Columns that the block does not have are zeros, where they count.
static void make_piece(const struct piece *piece, step_type *panel);

// Adds a tile, the panel's columns from COLUMN on for the vectors of rows from VECTOR on, of which
// COUNT are left, to SUMS. Calls get_ready now and then.
static void add_panel(const struct block *block, const step_type *panel, int64_t column,
                      int64_t vector, int64_t count, float *sums, struct ahead *ahead);

// Makes a piece that is a whole column, by COPY of one that lies in memory, or by MAKE_INT4 of LANES
// columns of 4 bits from this one on.
INLINE void make_column(const struct piece *piece, step_type *panel,
                        void (*copy)(const struct product *p, int64_t column, int64_t first,
                                     int64_t count, step_type *steps),
                        void (*make_int4)(const struct block *block, int64_t column,
                                          step_type *panel))
{
    const struct block *block = &piece->block;
    const int64_t column = piece->column;
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

// Vectors of rows follow each other for each block of STEPS; in them LANES rows for each step.
static inline int64_t packed_offset(const struct product *p, int64_t first, int64_t vector)
{
    return LANES * (first * vector_count(p) + vector * steps_from(p, first));
}

// Vector INDEX of rows; those behind the last are zeros.
static inline void many_rows_pack(const struct product *p, void *packed, int64_t index)
{
    enum { ROW = STEPS + LANES };  // rows a power of two apart would be in each other's way
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

// Some for every thread.
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

// The block after BLOCK in a task of columns from BEGIN to END: the same steps of the next panel,
// then the next steps of the first.
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

static inline void next_piece(struct piece *piece, int64_t begin, int64_t end)
{
    piece->step += PIECE;
    if (piece->step < piece->block.steps)
        return;
    piece->step = 0;
    piece->column++;
    if (piece->column < COLUMNS_A_TASK)
        return;
    piece->column = 0;
    piece->block = block_after(piece->block, begin, end);
}

INLINE void fetch_piece(const struct piece *piece)
{
    const struct block *block = &piece->block;
    int64_t column = block->begin + piece->column;
    if (column < block->end)
        prefetch_columns(&block->p->right, column, 1, ELEMENTS * (block->first + piece->step),
                         ELEMENTS * at_most(PIECE, block->steps - piece->step));
}

// Makes COUNT more pieces of the panel that is wanted next.
static inline void get_ready(struct ahead *ahead, int64_t count)
{
    for (count = at_most(count, ahead->left), ahead->left -= count; count > 0; count--) {
        fetch_piece(&ahead->fetched);
        make_piece(&ahead->made, ahead->panel);
        next_piece(&ahead->fetched, ahead->begin, ahead->end);
        next_piece(&ahead->made, ahead->begin, ahead->end);
    }
}

static inline int64_t piece_count(const struct block *block)
{
    return COLUMNS_A_TASK * ((block->steps + PIECE - 1) / PIECE);
}

// The vectors of a tile stay in the cache nearest by, while the columns go by.
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

// The sums of COUNT vectors of rows from row FIRST on.
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

// All that COUNT vectors of rows from VECTOR on need of the columns of a task.
static inline void compute_vectors(const struct product *p, const void *packed, int64_t vector,
                                   int64_t count, int64_t begin, int64_t end, struct work *work)
{
    const int64_t tiles = (count + TILE_VECTORS - 1) / TILE_VECTORS;
    struct block block = {p, packed, begin, begin + at_most(COLUMNS_A_TASK, end - begin), 0,
                          steps_from(p, 0)};
    struct ahead ahead = {begin, end, {block, 0, 0}, {block, 0, 0}, piece_count(&block),
                          (COLUMNS_A_TASK * UNIT + tiles * PIECE - 1) / (tiles * PIECE),
                          work->panels[0]};
    for (int i = 0; i < FETCH_AHEAD; i++) {
        fetch_piece(&ahead.fetched);
        next_piece(&ahead.fetched, begin, end);
    }
    get_ready(&ahead, ahead.left);
    for (int64_t i = 0; block.begin < block.end; i++, block = block_after(block, begin, end)) {
        ahead.panel = work->panels[(i + 1) % 2];
        ahead.left = piece_count(&ahead.made.block);
        add_block(&block, work->panels[i % 2], vector, count, work->sums + (block.begin - begin),
                  &ahead);
        get_ready(&ahead, ahead.left);
    }
    many_rows_finish(p, work, vector * LANES, count, begin, end);
}

static inline void many_rows_compute(const struct product *p, const void *packed, int64_t begin,
                                     int64_t end, void *scratch)
{
    // Parts of one size, that the last is not so small that it only reads weights.
    int64_t vectors = vector_count(p), parts = (vectors + VECTORS - 1) / VECTORS;
    int64_t tiles = ((vectors + parts - 1) / parts + TILE_VECTORS - 1) / TILE_VECTORS;
    for (int64_t vector = 0; vector < vectors; vector += tiles * TILE_VECTORS)
        compute_vectors(p, packed, vector, at_most(tiles * TILE_VECTORS, vectors - vector), begin,
                        end, scratch);
}

#endif
