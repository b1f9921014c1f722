// SPDX-License-Identifier: BSD-2-Clause
// Products of few rows of bfloat16 by the instruction that multiplies pairs. With so little work
// per load, columns one after the other arrive at the full rate of the memory, as long as few loads
// go through each of them: the hardware prefetcher works best undisturbed. Where software has to
// prefetch (fetch.h), columns side by side are faster. local.mk sets COLUMNS_AT_ONCE for each
// level.

#include "config.h"

#include DOTS
#include "runtime/fetch.h"
#include "runtime/finish.h"
#include "runtime/levels.h"
#include "runtime/task.h"
#include "runtime/vector.h"

enum {
    AT_ONCE = COLUMNS_AT_ONCE > 1 ? 1 : 2,  // independent vectors of a column
};

static bool covers(const struct product *p)
{
    return p->rows <= FEW_ROWS && p->left.dtype == TORCH_BFLOAT16
           && p->right.dtype == TORCH_BFLOAT16 && p->right.row_stride == 1;
}

static int64_t padded_inner(const struct product *p)
{
    return (p->inner + DOT_ELEMENTS - 1) / DOT_ELEMENTS * DOT_ELEMENTS;
}

static size_t packed_bytes(const struct product *p)
{
    return (size_t)(p->rows * padded_inner(p)) * sizeof(uint16_t);
}

static int64_t pack_count(const struct product *p)
{
    return p->rows;
}

// Packs a row without gaps, followed by zeros up to a whole vector.
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
INLINE void add_vector(dot_pairs weights, const uint16_t *left, int64_t left_row, int rows,
                       vector *sum)
{
    UNROLLED for (int i = 0; i < rows; i++)
        sum[i] = dot_add(sum[i], dot_load(left + i * left_row), weights);
}

// Computes ROWS rows times COUNT columns from COLUMN on, a sum for each; both are constants at each
// call. Prefetches the next columns line by line.
INLINE void dot_columns(const struct product *p, const uint16_t *left, int rows, int count,
                        int64_t column, float *sums)
{
    const int64_t inner = p->inner, padded = padded_inner(p);
    const int64_t ahead = COLUMNS_AT_ONCE * p->right.column_stride * (int64_t)sizeof(uint16_t);
    const uint16_t *right[COLUMNS_AT_ONCE];
    vector sum[COLUMNS_AT_ONCE][AT_ONCE][FEW_ROWS];
    int64_t k = 0;
    UNROLLED for (int j = 0; j < count; j++) {
        right[j] = matrix_at(&p->right, 0, column + j);
        UNROLLED for (int v = 0; v < AT_ONCE; v++)
            UNROLLED for (int i = 0; i < rows; i++)
                sum[j][v][i] = vector_of(0);
    }
    for (; k + AT_ONCE * DOT_ELEMENTS <= inner; k += AT_ONCE * DOT_ELEMENTS)
        UNROLLED for (int j = 0; j < count; j++)
            UNROLLED for (int v = 0; v < AT_ONCE; v++) {
                const uint16_t *weights = right[j] + k + v * DOT_ELEMENTS;
                fetch_ahead(weights, ahead, VECTOR_BYTES);
                add_vector(dot_load(weights), left + k + v * DOT_ELEMENTS, padded, rows,
                           sum[j][v]);
            }
    for (; k < inner; k += DOT_ELEMENTS)
        UNROLLED for (int j = 0; j < count; j++) {
            const uint16_t *weights = right[j] + k;
            dot_pairs pairs = inner - k >= DOT_ELEMENTS ? dot_load(weights)
                                                        : dot_load_some(weights, inner - k);
            add_vector(pairs, left + k, padded, rows, sum[j][0]);
        }
    UNROLLED for (int j = 0; j < count; j++)
        UNROLLED for (int i = 0; i < rows; i++) {
            for (int v = 1; v < AT_ONCE; v++)
                sum[j][0][i] += sum[j][v][i];
            sums[i * TASK_COLUMNS_MAX + j] = vector_sum(sum[j][0][i]);
        }
}

INLINE void dot_task(const struct product *p, const uint16_t *left, int rows, int64_t begin,
                     int64_t end, float *sums)
{
    int64_t n = begin;
    for (; n + COLUMNS_AT_ONCE <= end; n += COLUMNS_AT_ONCE)
        dot_columns(p, left, rows, COLUMNS_AT_ONCE, n, sums + (n - begin));
    for (; n < end; n++)
        dot_columns(p, left, rows, 1, n, sums + (n - begin));
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

const struct product_kernel LEVEL_NAME(bfloat16_few_rows) = {
    covers, packed_bytes, pack_count, pack, task_columns, scratch_bytes, compute,
};
