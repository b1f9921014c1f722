// SPDX-License-Identifier: BSD-2-Clause
// Products of many rows of bfloat16 by the instruction that multiplies pairs of them (VDPBF16PS),
// two elements of the inner dimension a step; the rest is as without it. Integers of 8 and of 4
// bits are exact in bfloat16, so their scales are applied to sums.

#include "config.h"

#include <immintrin.h>

#include "runtime/levels.h"
#include "runtime/vector.h"

enum {
    ELEMENTS = 2,
    UNIT = 1,
    STEPS = 512,  // 2 kB of a column of weights: long enough that few stretches are begun anew
    PIECE = STEPS,
    PANEL_COLUMN = STEPS,
    VECTORS = 24,
    TILE_VECTORS = 3,
    TILE_COLUMNS = 8,
};

typedef uint32_t step_type;  // a pair of bfloat16

#include "runtime/many_rows.h"

#include "runtime/int4.h"
#include "runtime/pairs.h"

static bool covers(const struct product *p)
{
    enum torch_dtype right = p->right.dtype;
    return p->left.dtype == TORCH_BFLOAT16
           && (right == TORCH_BFLOAT16 || right == TORCH_INT8
               || (right == TORCH_UINT8 && ELEMENTS * STEPS % p->groups.size == 0
                   && p->groups.size % ELEMENTS == 0));
}

static void pack_row(const struct product *p, int64_t row, int64_t first, int64_t count,
                     step_type *steps)
{
    copy_row_pairs(p, row, first, count, steps);
}

// The integers of 4 bits of LANES columns from COLUMN on; a row of the panel is a step.
static void make_int4_columns(const struct block *block, int64_t column, step_type *panel)
{
    // What the low 5 bits of a byte stand for: the fifth does not count.
    uint16_t values[32];
    for (int i = 0; i < 32; i++)
        element_from_float(TORCH_BFLOAT16, values, i, (float)(i % 16 - INT4_ZERO));
    const __m512i table = _mm512_loadu_si512(values);
    const int64_t half = block->p->groups.block / 2;
    int shift;
    const uint8_t *bytes = int4_at(block->p, 2 * block->first, block->begin + column, &shift);
    for (int64_t k = 0; k < block->steps; k++, bytes += 2 * half) {
        const __m128i *low = (const void *)bytes, *high = (const void *)(bytes + half);
        __m512i pairs = _mm512_cvtepu8_epi32(_mm_loadu_si128(low));
        pairs |= _mm512_slli_epi32(_mm512_cvtepu8_epi32(_mm_loadu_si128(high)), 16);
        pairs = _mm512_srl_epi16(pairs, _mm_cvtsi32_si128(shift));
        _mm512_storeu_si512(panel + k * COLUMNS_A_TASK + column,
                            _mm512_permutexvar_epi16(pairs, table));
    }
}

static void make_piece(const struct piece *piece, step_type *panel)
{
    make_column(piece, panel, copy_column_pairs, make_int4_columns);
}

// What a tile is made of; all but the pointers and STEPS are constants where it is given.
struct tile {
    const uint32_t *left;  // vector v of step k at left + v * left_vector + k * LANES
    int64_t left_vector;
    const uint32_t *right;  // column j of step k at right + j * right_column + k * right_step
    int64_t right_column, right_step;
    float *sums;  // vector v of column j at sums + j * SUMS_COLUMN + v * LANES; added to
    int64_t steps;
    // NULL, or what scales the sums of these steps: a scale and a zero for each column, and the
    // totals of the rows, that the zeros are multiplied with.
    const float *scales, *zeros, *totals;
};

// Adds the products of a tile of VECTORS vectors of rows, a constant, to its sums.
INLINE void run_tile(const struct tile *t, int vectors)
{
    __m512 sum[TILE_COLUMNS][TILE_VECTORS];
    UNROLLED for (int j = 0; j < TILE_COLUMNS; j++)
        UNROLLED for (int v = 0; v < vectors; v++)
            sum[j][v] = _mm512_setzero_ps();
    for (int64_t k = 0; k < t->steps; k++) {
        __m512bh rows[TILE_VECTORS];
        UNROLLED for (int v = 0; v < vectors; v++)
            rows[v] = (__m512bh)_mm512_loadu_si512(t->left + v * t->left_vector + k * LANES);
        UNROLLED for (int j = 0; j < TILE_COLUMNS; j++) {
            uint32_t right = t->right[j * t->right_column + k * t->right_step];
            __m512bh pair = (__m512bh)_mm512_set1_epi32((int)right);
            UNROLLED for (int v = 0; v < vectors; v++)
                sum[j][v] = _mm512_dpbf16_ps(sum[j][v], rows[v], pair);
        }
    }
    UNROLLED for (int j = 0; j < TILE_COLUMNS; j++)
        UNROLLED for (int v = 0; v < vectors; v++) {
            float *to = t->sums + j * SUMS_COLUMN + v * LANES;
            __m512 before = _mm512_loadu_ps(to);
            if (t->scales != NULL) {
                sum[j][v] *= t->scales[j];
                before += _mm512_loadu_ps(t->totals + v * LANES) * t->zeros[j];
            }
            _mm512_storeu_ps(to, before + sum[j][v]);
        }
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

// Of 4 bits, behind what is packed anyway: for each group the sum of each row.
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

static void pack(const struct product *p, void *packed, int64_t index)
{
    const __m512bh ones = (__m512bh)_mm512_set1_epi32(0x3f803f80);
    const uint32_t *pairs = packed;
    many_rows_pack(p, packed, index);
    if (p->right.dtype != TORCH_UINT8)
        return;
    for (int64_t first = 0; first < p->inner; first += p->groups.size) {
        __m512 sum = _mm512_setzero_ps();
        for (int64_t k = first / 2; k < (first + p->groups.size) / 2; k++) {
            int64_t offset = packed_offset(p, k / STEPS * STEPS, index) + k % STEPS * LANES;
            sum = _mm512_dpbf16_ps(sum, (__m512bh)_mm512_loadu_si512(pairs + offset), ones);
        }
        _mm512_storeu_ps(packed_totals(p, packed, first / p->groups.size, index), sum);
    }
}

// Of 4 bits: each group is summed, then scaled.
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
                .right = panel + k * COLUMNS_A_TASK + column,
                .right_column = 1,
                .right_step = COLUMNS_A_TASK,
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

const struct product_kernel many_rows_avx512bf16 = {
    covers, packed_bytes, vector_count, pack, many_rows_task_columns, many_rows_scratch_bytes,
    many_rows_compute,
};

static const struct product_kernel *const products[] = {
    &bfloat16_few_rows_avx512bf16,
    &int4_few_rows_avx512,
    &few_rows_avx512,
    &many_rows_avx512bf16,
    &many_rows_avx512,
    NULL,
};

const struct kernels kernels_avx512bf16 = {
    .name = "avx512bf16",
    .products = products,
    .attentions = attentions_avx512,
};
