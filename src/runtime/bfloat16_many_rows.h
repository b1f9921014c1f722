// SPDX-License-Identifier: BSD-2-Clause
// Products of two or more rows of bfloat16 by instructions that multiply pairs, two elements of the
// inner dimension a step; many_rows.h does the blocking. 8-bit and 4-bit integers are exact in
// bfloat16, so their scales are applied to sums.
//
// The including file defines UNIT, STEPS, VECTORS, the size of a tile, and INT4_COLUMN and
// INT4_STEP, the distances between columns and between steps of a panel of 4-bit weights.

#ifndef AOTI_RUNTIME_BFLOAT16_MANY_ROWS_H
#define AOTI_RUNTIME_BFLOAT16_MANY_ROWS_H

enum {
    ELEMENTS = 2,
    STRIP = STEPS,
    PANEL_COLUMN = STEPS,
};

typedef uint32_t step_type;  // a pair of bfloat16

#include DOTS

#include "runtime/many_rows.h"

#include "runtime/int4.h"
#include "runtime/pairs.h"

// Operands of a tile. All but the pointers and steps are constants at each call.
struct tile {
    const uint32_t *left;  // vector v of step k: left + v * left_vector + k * LANES
    int64_t left_vector;
    const uint32_t *right;  // column j of step k: right + j * right_column + k * right_step
    int64_t right_column, right_step;
    float *sums;  // vector v of column j: sums + j * SUMS_COLUMN + v * LANES; added to
    int64_t steps;
    // NULL, or the scaling of the sums of these steps: a scale and a zero for each column, and for
    // each row the total that the zeros are multiplied with.
    const float *scales, *zeros, *totals;
};

// Converts the 4-bit integers of LANES columns from COLUMN on to pairs of bfloat16.
static void make_int4_columns(const struct block *block, int64_t column, step_type *panel);

// Reorders STEPS steps of a vector of rows, packed by many_rows.h, for run_tile().
INLINE void arrange(step_type *pairs, int64_t steps);

// Adds the products of a tile of VECTORS (a constant) vectors of rows to its sums by store_sums().
INLINE void run_tile(const struct tile *tile, int vectors);

// Adds SUM, scaled, to the sums of vector V of column J.
INLINE void store_sums(const struct tile *tile, int j, int v, vector sum)
{
    float *to = tile->sums + j * SUMS_COLUMN + v * LANES;
    vector before = vector_load(to);
    if (tile->scales != NULL) {
        sum *= tile->scales[j];
        before += vector_load(tile->totals + v * LANES) * tile->zeros[j];
    }
    vector_store(to, before + sum);
}

static bool covers(const struct product *p)
{
    enum torch_dtype right = p->right.dtype;
    return p->left.dtype == TORCH_BFLOAT16
           && (right == TORCH_BFLOAT16 || right == TORCH_INT8
               || (right == TORCH_UINT8 && ELEMENTS * STEPS % p->groups.size == 0
                   && p->groups.size % (ELEMENTS * UNIT) == 0));
}

static void pack_row(const struct product *p, int64_t row, int64_t first, int64_t count,
                     step_type *steps)
{
    copy_row_pairs(p, row, first, count, steps);
}

static void make_strip(const struct strip *strip, step_type *panel)
{
    make_column(strip, panel, copy_column_pairs, make_int4_columns);
}

INLINE void add_tile(struct tile tile, int64_t vectors)
{
    if (vectors >= 3)
        run_tile(&tile, 3);
    else if (vectors == 2)
        run_tile(&tile, 2);
    else
        run_tile(&tile, 1);
}

// Returns the row sums of a group, kept after the packed rows if weights have 4 bits.
static float *packed_totals(const struct product *p, const void *packed, int64_t group,
                            int64_t vector)
{
    float *totals = (float *)((uintptr_t)packed + many_rows_packed_bytes(p));
    return totals + (group * vector_count(p) + vector) * LANES;
}

static size_t packed_bytes(const struct product *p)
{
    size_t bytes = many_rows_packed_bytes(p);
    if (p->right.dtype == TORCH_UINT8)
        bytes += (size_t)(p->inner / p->groups.size * vector_count(p) * LANES) * sizeof(float);
    return bytes;
}

// Computes the row sums of all groups for vector INDEX of rows.
static void add_totals(const struct product *p, void *packed, int64_t index)
{
    const step_type *pairs = packed;
    for (int64_t first = 0; first < p->inner; first += p->groups.size) {
        vector sum = vector_of(0);
        for (int64_t k = first / 2; k < (first + p->groups.size) / 2; k++) {
            int64_t offset = packed_offset(p, k / STEPS * STEPS, index) + k % STEPS * LANES;
            vector_bits both;
            memcpy(&both, pairs + offset, sizeof both);
            sum += (vector)(both << 16) + (vector)(both & 0xffff0000);
        }
        vector_store(packed_totals(p, packed, first / p->groups.size, index), sum);
    }
}

static void pack(const struct product *p, void *packed, int64_t index)
{
    step_type *pairs = packed;
    many_rows_pack(p, packed, index);
    if (p->right.dtype == TORCH_UINT8)
        add_totals(p, packed, index);
    for (int64_t first = 0; first < step_count(p); first += STEPS)
        arrange(pairs + packed_offset(p, first, index), steps_from(p, first));
}

// For 4-bit weights: sums each group, then scales it.
static void add_int4_panel(const struct block *block, const step_type *panel, int64_t column,
                           int64_t vector, int64_t count, float *sums)
{
    const struct product *p = block->p;
    const int64_t steps = p->groups.size / 2;
    for (int64_t k = 0; k < block->steps; k += steps) {
        float scales[COLUMNS_A_TASK], zeros[COLUMNS_A_TASK];
        int64_t group = (block->first + k) / steps;
        int4_load_scales(p, group, block->begin, COLUMNS_A_TASK, scales, zeros);
        add_tile(
            (struct tile){
                .left = block->packed + packed_offset(p, block->first, vector) + k * LANES,
                .left_vector = LANES * block->steps,
                .right = panel + k * INT4_STEP + column * INT4_COLUMN,
                .right_column = INT4_COLUMN,
                .right_step = INT4_STEP,
                .sums = sums,
                .steps = steps,
                .scales = scales + column,
                .zeros = zeros + column,
                .totals = packed_totals(p, block->packed, group, vector),
            },
            count);
    }
}

static void add_panel(const struct block *block, const step_type *panel, int64_t column,
                      int64_t vector, int64_t count, float *sums, struct ahead *ahead)
{
    get_ready(ahead, TILE_COLUMNS);
    if (block->p->right.dtype == TORCH_UINT8)
        add_int4_panel(block, panel, column, vector, count, sums);
    else
        add_tile(
            (struct tile){
                .left = block->packed + packed_offset(block->p, block->first, vector),
                .left_vector = LANES * block->steps,
                .right = panel + column * PANEL_COLUMN,
                .right_column = PANEL_COLUMN,
                .right_step = 1,
                .sums = sums,
                .steps = block->steps,
            },
            count);
}

#endif
