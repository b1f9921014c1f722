// SPDX-License-Identifier: BSD-2-Clause
// Products of few rows: read the right side once, in place, at the rate of the memory.

#include "config.h"

#include "runtime/finish.h"
#include "runtime/kernels.h"
#include "runtime/levels.h"
#include "runtime/task.h"
#include "runtime/vector.h"

enum {
    COLUMNS_AT_ONCE = 4,
    AHEAD_MAX = 32 << 10,      // bytes prefetched, over all columns
};

static bool covers(const struct product *p)
{
    return p->rows <= FEW_ROWS && p->right.row_stride == 1 && p->right.dtype != TORCH_FLOAT16
           && p->right.dtype != TORCH_UINT8;
}

static int64_t padded_inner(const struct product *p)
{
    return (p->inner + LANES - 1) / LANES * LANES;
}

static size_t packed_bytes(const struct product *p)
{
    return (size_t)(p->rows * padded_inner(p)) * sizeof(float);
}

static int64_t pack_count(const struct product *p)
{
    return p->rows;
}

// Packs a row as float32, followed by zeros up to a whole vector.
static void pack(const struct product *p, void *packed, int64_t index)
{
    float *row = (float *)packed + index * padded_inner(p);
    const void *source = matrix_at(&p->left, index, 0);
    int64_t k = 0;
    if (matrix_is_plain(&p->left))
        for (; k + LANES <= p->inner; k += LANES)
            vector_store(row + k, vector_load_as(p->left.dtype,
                                                 matrix_at(&p->left, index, k)));
    for (; k < p->inner; k++)
        row[k] = element_to_float(p->left.dtype, source, k * p->left.column_stride);
    for (; k < padded_inner(p); k++)
        row[k] = 0;
}

static int64_t task_columns(const struct product *p)
{
    return columns_of_task(p, p->inner * (int64_t)element_size(p->right.dtype), COLUMNS_AT_ONCE);
}

static size_t scratch_bytes(const struct product *p)
{
    return (size_t)(p->rows * TASK_COLUMNS_MAX) * sizeof(float);
}

// Adds a vector of steps of COUNT columns, at RIGHT, times ROWS rows, at LEFT, to SUM.
INLINE void add_vector(enum torch_dtype dtype, int rows, int count, const char *const *right,
                       int64_t offset, const float *left, int64_t left_row,
                       vector sum[FEW_ROWS][COLUMNS_AT_ONCE])
{
    UNROLLED for (int j = 0; j < count; j++) {
        vector value = vector_load_as(dtype, right[j] + offset);
        UNROLLED for (int i = 0; i < rows; i++)
            sum[i][j] += value * vector_load(left + i * left_row);
    }
}

// Adds ROWS rows times COUNT columns from COLUMN on to SUMS. DTYPE, ROWS and COUNT are constants at
// each call. Prefetches the next columns line by line.
INLINE void dot_columns(const struct product *p, const float *left, enum torch_dtype dtype,
                        int rows, int count, int64_t column, float *sums)
{
    const size_t size = dtype == TORCH_INT8 ? 1 : dtype == TORCH_BFLOAT16 ? 2 : 4;
    const int64_t inner = p->inner, padded = padded_inner(p), line = CACHE_LINE / (int64_t)size;
    const int64_t columns = COLUMNS_AT_ONCE * p->right.column_stride * (int64_t)size;
    const int64_t ahead = columns < AHEAD_MAX ? columns : AHEAD_MAX;
    const char *right[COLUMNS_AT_ONCE];
    vector sum[FEW_ROWS][COLUMNS_AT_ONCE];
    UNROLLED for (int j = 0; j < count; j++)
        right[j] = matrix_at(&p->right, 0, column + j);
    UNROLLED for (int i = 0; i < rows; i++)
        UNROLLED for (int j = 0; j < count; j++)
            sum[i][j] = vector_of(0);
    int64_t k = 0;
    for (; k + line <= inner; k += line) {
        UNROLLED for (int j = 0; j < count; j++)
            __builtin_prefetch(right[j] + k * (int64_t)size + ahead, 0, 2);
        UNROLLED for (int64_t v = 0; v < line; v += LANES)
            add_vector(dtype, rows, count, right, (k + v) * (int64_t)size, left + k + v, padded,
                       sum);
    }
    for (; k + LANES <= inner; k += LANES)
        add_vector(dtype, rows, count, right, k * (int64_t)size, left + k, padded, sum);
    if (k < inner)
        UNROLLED for (int j = 0; j < count; j++) {
            char rest[LANES * sizeof(float)] = {0};
            memcpy(rest, right[j] + (size_t)k * size, (size_t)(inner - k) * size);
            vector value = vector_load_as(dtype, rest);
            UNROLLED for (int i = 0; i < rows; i++)
                sum[i][j] += value * vector_load(left + i * padded + k);
        }
    UNROLLED for (int i = 0; i < rows; i++)
        UNROLLED for (int j = 0; j < count; j++)
            sums[i * TASK_COLUMNS_MAX + j] = vector_sum(sum[i][j]);
}

INLINE void dot_task(const struct product *p, const float *left, enum torch_dtype dtype, int rows,
                     int64_t begin, int64_t end, float *sums)
{
    int64_t n = begin;
    for (; n + COLUMNS_AT_ONCE <= end; n += COLUMNS_AT_ONCE)
        dot_columns(p, left, dtype, rows, COLUMNS_AT_ONCE, n, sums + (n - begin));
    for (; n < end; n++)
        dot_columns(p, left, dtype, rows, 1, n, sums + (n - begin));
}

INLINE void dot_rows(const struct product *p, const float *left, enum torch_dtype dtype,
                     int64_t begin, int64_t end, float *sums)
{
    switch (p->rows) {
    case 1:
        dot_task(p, left, dtype, 1, begin, end, sums);
        break;
    case 2:
        dot_task(p, left, dtype, 2, begin, end, sums);
        break;
    case 3:
        dot_task(p, left, dtype, 3, begin, end, sums);
        break;
    default:
        dot_task(p, left, dtype, FEW_ROWS, begin, end, sums);
    }
}

static void compute(const struct product *p, const void *packed, int64_t begin, int64_t end,
                    void *scratch)
{
    float *sums = scratch;
    if (p->right.dtype == TORCH_BFLOAT16)
        dot_rows(p, packed, TORCH_BFLOAT16, begin, end, sums);
    else if (p->right.dtype == TORCH_INT8)
        dot_rows(p, packed, TORCH_INT8, begin, end, sums);
    else
        dot_rows(p, packed, TORCH_FLOAT32, begin, end, sums);
    for (int64_t row = 0; row < p->rows; row++)
        finish_row(p, row, begin, end - begin, sums + row * TASK_COLUMNS_MAX);
}

const struct product_kernel LEVEL_NAME(few_rows) = {
    covers, packed_bytes, pack_count, pack, task_columns, scratch_bytes, compute,
};
