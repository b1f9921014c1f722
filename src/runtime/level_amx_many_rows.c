// SPDX-License-Identifier: BSD-2-Clause
// Products of many rows of bfloat16 by tiles (TDPBF16PS): 16 columns of weights, as they lie, times
// 16 rows of the left side, packed, are a tile of sums, a row of it for each column. The vector
// units make panels meanwhile.

#include "config.h"

#include "runtime/amx.h"
#include "runtime/levels.h"

enum {
    ELEMENTS = 2,
    UNIT = AMX_PAIRS,
    STEPS = 1024,  // so that VECTORS of rows stay in the second cache
    PIECE = 128,
    PANEL_COLUMN = STEPS + UNIT,  // no power of two: columns would be in each other's way
    VECTORS = 18,                 // nor here, for columns of sums
    TILE_VECTORS = 2,
    TILE_COLUMNS = 2 * AMX_ROWS,
};

typedef uint32_t step_type;  // a pair of bfloat16

#include "runtime/many_rows.h"

#include "runtime/pairs.h"

static bool covers(const struct product *p)
{
    enum torch_dtype right = p->right.dtype;
    return p->left.dtype == TORCH_BFLOAT16 && (right == TORCH_BFLOAT16 || right == TORCH_INT8);
}

static void pack_row(const struct product *p, int64_t row, int64_t first, int64_t count,
                     step_type *steps)
{
    copy_row_pairs(p, row, first, count, steps);
}

// Whether a panel's columns can be taken as they lie: bfloat16, whole tiles of it.
static bool is_plain(const struct block *block)
{
    const struct product *p = block->p;
    return p->right.dtype == TORCH_BFLOAT16 && p->right.row_stride == 1
           && block->end - block->begin == COLUMNS_A_TASK
           && ELEMENTS * (block->first + block->steps) <= p->inner;
}

// What stands in columns behind the last makes sums that nobody reads.
static void make_piece(const struct piece *piece, step_type *panel)
{
    const struct block *block = &piece->block;
    if (is_plain(block) || block->begin + piece->column >= block->end)
        return;
    copy_column_pairs(block->p, block->begin + piece->column, block->first + piece->step,
                      at_most(PIECE, block->steps - piece->step),
                      panel + piece->column * PANEL_COLUMN + piece->step);
}

// Tiles 0 to 3 are sums: of the first columns and both vectors, then of the others.
INLINE void move_sums(float *sums, int vectors, bool store)
{
    const size_t stride = SUMS_COLUMN * sizeof *sums;
    float *others = sums + AMX_ROWS * SUMS_COLUMN;
    if (store) {
        _tile_stored(0, sums, stride);
        _tile_stored(2, others, stride);
        if (vectors == 2) {
            _tile_stored(1, sums + LANES, stride);
            _tile_stored(3, others + LANES, stride);
        }
        return;
    }
    _tile_loadd(0, sums, stride);
    _tile_loadd(2, others, stride);
    if (vectors == 2) {
        _tile_loadd(1, sums + LANES, stride);
        _tile_loadd(3, others + LANES, stride);
    }
}

// Adds the products of 32 columns, COLUMN bytes apart, and VECTORS vectors of rows, a constant, to
// SUMS. LEFT: the first of these vectors.
INLINE void run_tile(const struct block *block, const char *columns, size_t column,
                     const step_type *left, int vectors, float *sums, struct ahead *ahead)
{
    enum { ROW = AMX_PAIRS * sizeof(step_type) };
    const char *others = columns + AMX_ROWS * column;
    amx_order();
    move_sums(sums, vectors, false);
    for (int64_t k = 0; k < block->steps; k += UNIT) {
        const step_type *first = left + k * LANES, *second = first + block->steps * LANES;
        _tile_loadd(4, columns + (size_t)k * sizeof(step_type), column);
        _tile_loadd(6, first, ROW);
        _tile_dpbf16ps(0, 4, 6);
        _tile_loadd(5, others + (size_t)k * sizeof(step_type), column);
        _tile_dpbf16ps(2, 5, 6);
        if (vectors == 2) {
            _tile_loadd(7, second, ROW);
            _tile_dpbf16ps(1, 4, 7);
            _tile_dpbf16ps(3, 5, 7);
        }
        get_ready(ahead, ahead->pace);
    }
    move_sums(sums, vectors, true);
}

static void add_panel(const struct block *block, const step_type *panel, int64_t column,
                      int64_t vector, int64_t count, float *sums, struct ahead *ahead)
{
    const step_type *left = block->packed + packed_offset(block->p, block->first, vector);
    const char *columns = (const char *)panel;
    size_t stride = PANEL_COLUMN * sizeof(step_type);
    (void)column;  // a tile is as wide as a panel
    if (is_plain(block)) {
        columns = matrix_at(&block->p->right, ELEMENTS * block->first, block->begin);
        stride = (size_t)block->p->right.column_stride * sizeof(uint16_t);
    }
    if (count >= TILE_VECTORS)
        run_tile(block, columns, stride, left, 2, sums, ahead);
    else
        run_tile(block, columns, stride, left, 1, sums, ahead);
}

static void compute(const struct product *p, const void *packed, int64_t begin, int64_t end,
                    void *scratch)
{
    amx_begin();
    many_rows_compute(p, packed, begin, end, scratch);
    amx_end();
}

const struct product_kernel many_rows_amx = {
    covers, many_rows_packed_bytes, vector_count, many_rows_pack, many_rows_task_columns,
    many_rows_scratch_bytes, compute,
};
