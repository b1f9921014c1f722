// SPDX-License-Identifier: BSD-2-Clause
// Products of many rows of bfloat16 by the instruction that multiplies pairs of them (VDPBF16PS);
// the rest is as without it. Blocked as in level_many_rows.c, two steps at a time.

#include "config.h"

#include <immintrin.h>

#include "runtime/finish.h"
#include "runtime/kernels.h"
#include "runtime/levels.h"

enum {
    PAIRS = 256,   // of steps of the inner dimension that are done together
    VECTORS = 24,  // of rows that are done together
    TILE_VECTORS = 3,
    TILE_COLUMNS = 8,
};

// Of a task, in its scratch.
struct work {
    float sums[COLUMNS_A_TASK][VECTORS * LANES];
    uint32_t panel[TILE_COLUMNS][PAIRS];  // a pair of bfloat16 each
    float row[COLUMNS_A_TASK];
};

static bool covers(const struct product *p)
{
    return p->left.dtype == TORCH_BFLOAT16 && p->right.dtype == TORCH_BFLOAT16;
}

static int64_t vector_count(const struct product *p)
{
    return (p->rows + LANES - 1) / LANES;
}

static int64_t pair_count(const struct product *p)
{
    return (p->inner + 1) / 2;
}

static size_t packed_bytes(const struct product *p)
{
    return (size_t)(vector_count(p) * LANES * pair_count(p)) * sizeof(uint32_t);
}

static int64_t pairs_from(const struct product *p, int64_t first)
{
    return pair_count(p) - first < PAIRS ? pair_count(p) - first : PAIRS;
}

// COUNT pairs of elements of SOURCE, STRIDE apart, of which ELEMENTS are there; zeros behind them.
static void copy_pairs(uint32_t *pairs, int64_t count, const uint16_t *source, int64_t stride,
                       int64_t elements)
{
    if (stride == 1 && elements >= 2 * count) {
        memcpy(pairs, source, (size_t)count * sizeof *pairs);
        return;
    }
    for (int64_t i = 0; i < count; i++) {
        uint32_t low = source[2 * i * stride];
        uint32_t high = 2 * i + 1 < elements ? source[(2 * i + 1) * stride] : 0;
        pairs[i] = high << 16 | low;
    }
}

// Vectors of rows follow each other for each block of PAIRS; in them LANES rows for each pair.
static int64_t packed_offset(const struct product *p, int64_t first, int64_t index)
{
    return LANES * (first * vector_count(p) + index * pairs_from(p, first));
}

static void pack(const struct product *p, void *packed, int64_t index)
{
    uint32_t row_pairs[PAIRS];
    for (int64_t first = 0; first < pair_count(p); first += PAIRS) {
        uint32_t *block = (uint32_t *)packed + packed_offset(p, first, index);
        int64_t pairs = pairs_from(p, first);
        for (int64_t i = 0; i < LANES; i++) {
            int64_t row = index * LANES + i;
            if (row < p->rows)
                copy_pairs(row_pairs, pairs, matrix_at(&p->left, row, 2 * first),
                           p->left.column_stride, p->inner - 2 * first);
            else
                memset(row_pairs, 0, sizeof row_pairs);
            for (int64_t k = 0; k < pairs; k++)
                block[k * LANES + i] = row_pairs[k];
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

static void make_panel(const struct product *p, int64_t column, int64_t end, int64_t first,
                       int64_t pairs, uint32_t panel[TILE_COLUMNS][PAIRS])
{
    for (int64_t j = 0; j < TILE_COLUMNS; j++)
        if (column + j < end)
            copy_pairs(panel[j], pairs, matrix_at(&p->right, 2 * first, column + j),
                       p->right.row_stride, p->inner - 2 * first);
        else
            memset(panel[j], 0, (size_t)pairs * sizeof *panel[j]);
}

// Adds the products of a panel with VECTORS vectors of rows, a constant, to SUMS.
INLINE void add_tile(const uint32_t *left, int64_t pairs, const uint32_t *panel, float *sums,
                     int vectors)
{
    __m512 sum[TILE_COLUMNS][TILE_VECTORS];
    UNROLLED for (int j = 0; j < TILE_COLUMNS; j++)
        UNROLLED for (int v = 0; v < vectors; v++)
            sum[j][v] = _mm512_loadu_ps(sums + j * VECTORS * LANES + v * LANES);
    for (int64_t k = 0; k < pairs; k++) {
        __m512bh rows[TILE_VECTORS];
        UNROLLED for (int v = 0; v < vectors; v++)
            rows[v] = (__m512bh)_mm512_loadu_si512(left + (v * pairs + k) * LANES);
        UNROLLED for (int j = 0; j < TILE_COLUMNS; j++) {
            __m512bh pair = (__m512bh)_mm512_set1_epi32((int)panel[j * PAIRS + k]);
            UNROLLED for (int v = 0; v < vectors; v++)
                sum[j][v] = _mm512_dpbf16_ps(sum[j][v], rows[v], pair);
        }
    }
    UNROLLED for (int j = 0; j < TILE_COLUMNS; j++)
        UNROLLED for (int v = 0; v < vectors; v++)
            _mm512_storeu_ps(sums + j * VECTORS * LANES + v * LANES, sum[j][v]);
}

static void add_panel(const struct product *p, const uint32_t *packed, int64_t first_pair,
                      int64_t first_vector, int64_t count, float (*sums)[VECTORS * LANES],
                      const uint32_t *panel)
{
    int64_t pairs = pairs_from(p, first_pair);
    for (int64_t v = 0; v < count; v += TILE_VECTORS) {
        const uint32_t *left = packed + packed_offset(p, first_pair, first_vector + v);
        float *here = sums[0] + v * LANES;
        if (count - v >= 3)
            add_tile(left, pairs, panel, here, 3);
        else if (count - v == 2)
            add_tile(left, pairs, panel, here, 2);
        else
            add_tile(left, pairs, panel, here, 1);
    }
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
        first += PAIRS;
    }
    int64_t count = end - column < TILE_COLUMNS ? end - column : TILE_COLUMNS;
    if (first < pair_count(p))
        prefetch_columns(&p->right, column, count, 2 * first, 2 * pairs_from(p, first));
}

static void compute(const struct product *p, const void *packed, int64_t begin, int64_t end,
                    void *scratch)
{
    struct work *work = scratch;
    for (int64_t vector = 0; vector < vector_count(p); vector += VECTORS) {
        int64_t count = vector_count(p) - vector < VECTORS ? vector_count(p) - vector : VECTORS;
        memset(work->sums, 0, sizeof work->sums);
        for (int64_t first = 0; first < pair_count(p); first += PAIRS)
            for (int64_t n = begin; n < end; n += TILE_COLUMNS) {
                make_panel(p, n, end, first, pairs_from(p, first), work->panel);
                prefetch_next(p, n, begin, end, first);
                add_panel(p, packed, first, vector, count, work->sums + (n - begin),
                          work->panel[0]);
            }
        finish(p, work, vector * LANES, begin, end);
    }
}

const struct product_kernel many_rows_avx512bf16 = {
    covers, packed_bytes, vector_count, pack, task_columns, scratch_bytes, compute,
};

static const struct product_kernel *const products[] = {
    &few_rows_avx512,
    &many_rows_avx512bf16,
    &many_rows_avx512,
    NULL,
};

const struct kernels kernels_avx512bf16 = {
    .name = "avx512bf16",
    .products = products,
    .attention = &attention_avx512,
};
