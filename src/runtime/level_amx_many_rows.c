// SPDX-License-Identifier: BSD-2-Clause
// Products of two or more rows of bfloat16 by AMX tiles (TDPBF16PS).
//
// How it works: TDPBF16PS multiplies a tile of 16 rows, 32 elements each, with a tile that holds
// the second matrix in pairs of rows. A column of weights is contiguous in memory, so 16 columns
// are the first operand as they are, and only the left side, which is small, is packed into pairs
// for the second. The sums come out transposed, a row for each column of weights; vectors transpose
// them back at the end. So no weight is copied, unless it has to be converted: then the vector
// units fill the next panel while the tiles multiply.
//
// Example: 64 rows times 4096 x 32 weights. For each 32 steps, tiles 4 and 5 load 16 columns of
// weights each, tiles 6 and 7 load 16 rows each, and four instructions add to the sums in tiles 0
// to 3. After STEPS pairs the sums go to memory, and the next 32 rows follow.
//
// Measured per 65,536 multiplications and additions: 17.5 ns from registers, 22 ns with one operand
// in the first cache and one in the second, 34 ns with both in the second, 42 to 50 ns in this
// kernel. Rejected: panels of 256 elements, copied to the first cache, were not faster, as sums
// move more often and copying costs what it saves.

#include "config.h"

#include "runtime/amx.h"
#include "runtime/levels.h"

enum {
    ELEMENTS = 2,
    UNIT = AMX_PAIRS,
    STEPS = 1024,  // so that VECTORS of rows stay in the second cache
    STRIP = 128,
    PANEL_COLUMN = STEPS + UNIT,  // not a power of two: columns use different cache sets
    VECTORS = 18,                 // likewise, for columns of sums
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

// Returns true if a panel's columns can be used in place: bfloat16 and whole tiles.
static bool is_plain(const struct block *block)
{
    const struct product *p = block->p;
    return p->right.dtype == TORCH_BFLOAT16 && p->right.row_stride == 1
           && block->end - block->begin == COLUMNS_A_TASK
           && ELEMENTS * (block->first + block->steps) <= p->inner;
}

// Columns past the last one are not filled: nobody reads their sums.
static void make_strip(const struct strip *strip, step_type *panel)
{
    const struct block *block = &strip->block;
    if (is_plain(block) || block->begin + strip->column >= block->end)
        return;
    copy_column_pairs(block->p, block->begin + strip->column, block->first + strip->step,
                      at_most(STRIP, block->steps - strip->step),
                      panel + strip->column * PANEL_COLUMN + strip->step);
}

// Tiles 0 and 1 hold the sums of the first 16 columns with both vectors of rows, and tiles 2
// and 3 the sums of the other 16 columns.
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

// Adds the products of 32 columns, COLUMN bytes apart, with VECTORS (a constant) vectors of rows
// from LEFT on, to SUMS.
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
