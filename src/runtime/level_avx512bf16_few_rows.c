// SPDX-License-Identifier: BSD-2-Clause
// Products of few rows of bfloat16 by the instruction that multiplies pairs of them: with so little
// to do for each load, one column after the other comes as fast as memory gives it, if few loads
// walk through it in few steps: the processor asks for the next ones best where nothing else does.

#include "config.h"

#include <immintrin.h>

#include "runtime/finish.h"
#include "runtime/levels.h"
#include "runtime/task.h"
#include "runtime/vector.h"

enum {
    ELEMENTS = 2 * LANES,   // of a vector
    AT_ONCE = 2,            // vectors that do not wait for each other
};

static bool covers(const struct product *p)
{
    return p->rows <= FEW_ROWS && p->left.dtype == TORCH_BFLOAT16
           && p->right.dtype == TORCH_BFLOAT16 && p->right.row_stride == 1;
}

static int64_t padded_inner(const struct product *p)
{
    return (p->inner + ELEMENTS - 1) / ELEMENTS * ELEMENTS;
}

static size_t packed_bytes(const struct product *p)
{
    return (size_t)(p->rows * padded_inner(p)) * sizeof(uint16_t);
}

static int64_t pack_count(const struct product *p)
{
    return p->rows;
}

// A row without gaps, with zeros up to a whole vector.
static void pack(const struct product *p, void *packed, int64_t index)
{
    uint16_t *row = (uint16_t *)packed + index * padded_inner(p);
    const uint16_t *source = matrix_at(&p->left, index, 0);
    if (p->left.column_stride == 1)
        memcpy(row, source, (size_t)p->inner * sizeof *row);
    else
        for (int64_t k = 0; k < p->inner; k++)
            row[k] = source[k * p->left.column_stride];
    memset(row + p->inner, 0, (size_t)(padded_inner(p) - p->inner) * sizeof *row);
}

static int64_t task_columns(const struct product *p)
{
    return columns_of_task(p, p->inner * (int64_t)sizeof(uint16_t), 1);
}

static size_t scratch_bytes(const struct product *p)
{
    return (size_t)(p->rows * TASK_COLUMNS_MAX) * sizeof(float);
}

// Adds a vector of WEIGHTS times ROWS rows, from LEFT on, to SUM.
INLINE void add_vector(__m512i weights, const uint16_t *left, int64_t left_row, int rows,
                       __m512 *sum)
{
    UNROLLED for (int i = 0; i < rows; i++)
        sum[i] = _mm512_dpbf16_ps(sum[i], (__m512bh)_mm512_loadu_si512(left + i * left_row),
                                  (__m512bh)weights);
}

// ROWS rows times COLUMN, a sum for each. ROWS is a constant where this is called.
INLINE void dot_column(const struct product *p, const uint16_t *left, int rows, int64_t column,
                       float *sums)
{
    const int64_t inner = p->inner, padded = padded_inner(p);
    const uint16_t *right = matrix_at(&p->right, 0, column);
    __m512 sum[AT_ONCE][FEW_ROWS];
    int64_t k = 0;
    UNROLLED for (int v = 0; v < AT_ONCE; v++)
        UNROLLED for (int i = 0; i < rows; i++)
            sum[v][i] = _mm512_setzero_ps();
    for (; k + AT_ONCE * ELEMENTS <= inner; k += AT_ONCE * ELEMENTS)
        UNROLLED for (int v = 0; v < AT_ONCE; v++)
            add_vector(_mm512_loadu_si512(right + k + v * ELEMENTS), left + k + v * ELEMENTS,
                       padded, rows, sum[v]);
    for (; k < inner; k += ELEMENTS) {
        int64_t count = inner - k < ELEMENTS ? inner - k : ELEMENTS;
        __mmask32 there = (__mmask32)((UINT64_C(1) << count) - 1);
        add_vector(_mm512_maskz_loadu_epi16(there, right + k), left + k, padded, rows, sum[0]);
    }
    UNROLLED for (int i = 0; i < rows; i++)
        sums[i * TASK_COLUMNS_MAX] = _mm512_reduce_add_ps(sum[0][i] + sum[1][i]);
}

INLINE void dot_task(const struct product *p, const uint16_t *left, int rows, int64_t begin,
                     int64_t end, float *sums)
{
    for (int64_t n = begin; n < end; n++)
        dot_column(p, left, rows, n, sums + (n - begin));
}

static void compute(const struct product *p, const void *packed, int64_t begin, int64_t end,
                    void *scratch)
{
    float *sums = scratch;
    switch (p->rows) {
    case 1:
        dot_task(p, packed, 1, begin, end, sums);
        break;
    case 2:
        dot_task(p, packed, 2, begin, end, sums);
        break;
    case 3:
        dot_task(p, packed, 3, begin, end, sums);
        break;
    default:
        dot_task(p, packed, FEW_ROWS, begin, end, sums);
    }
    for (int64_t row = 0; row < p->rows; row++)
        finish_row(p, row, begin, end - begin, sums + row * TASK_COLUMNS_MAX);
}

const struct product_kernel few_rows_avx512bf16 = {
    covers, packed_bytes, pack_count, pack, task_columns, scratch_bytes, compute,
};
