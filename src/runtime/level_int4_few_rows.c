// SPDX-License-Identifier: BSD-2-Clause
// Products of few rows with 4-bit weights, read once, in place. A lane is a column. The integers of
// a group are summed first, then scaled: sum x ((q - 8) scale + zero) = scale sum x (q - 8) + zero
// sum x.

#include "config.h"

#include "runtime/finish.h"
#include "runtime/int4.h"
#include "runtime/kernels.h"
#include "runtime/levels.h"

enum {
    BYTES_AT_ONCE = VECTOR_BYTES >= 64 ? 32 : 16,  // of a step
    VECTORS_AT_ONCE = BYTES_AT_ONCE / LANES,       // of each half of a block
    BLOCK_MAX = 64,
    STREAM_AHEAD = 4096,  // bytes prefetched
};

// The size of a packed row: its elements as float32, then their sum for each group.
static int64_t row_floats(const struct product *p)
{
    return p->inner + p->inner / p->groups.size;
}

static bool covers(const struct product *p)
{
    return p->rows <= FEW_ROWS && p->right.dtype == TORCH_UINT8;
}

static size_t packed_bytes(const struct product *p)
{
    return (size_t)(p->rows * row_floats(p)) * sizeof(float);
}

static int64_t pack_count(const struct product *p)
{
    return p->rows;
}

static void pack(const struct product *p, void *packed, int64_t index)
{
    float *row = (float *)packed + index * row_floats(p), *sums = row + p->inner;
    const void *source = matrix_at(&p->left, index, 0);
    for (int64_t k = 0; k < p->inner; k++)
        row[k] = element_to_float(p->left.dtype, source, k * p->left.column_stride);
    for (int64_t group = 0; group * p->groups.size < p->inner; group++) {
        vector sum = vector_of(0);
        for (int64_t k = 0; k < p->groups.size; k += LANES)
            sum += vector_load(row + group * p->groups.size + k);
        sums[group] = vector_sum(sum);
    }
}

static int64_t task_columns(const struct product *p)
{
    return p->groups.block;
}

static size_t scratch_bytes(const struct product *p)
{
    return (size_t)((p->rows + 2) * BLOCK_MAX) * sizeof(float);
}

// Adds the sums of GROUP for VECTORS_AT_ONCE vectors of columns from COLUMN on, and as many half a
// block further, for ROWS rows to SUMS. ROWS and VECTORS are constants at each call.
INLINE void add_group(const struct product *p, const float *left, int64_t group, int64_t column,
                      int rows, int vectors, const float *scales, const float *zeros, float *sums)
{
    const int64_t half = p->groups.block / 2, floats = row_floats(p), size = p->groups.size;
    const int64_t inside = column % p->groups.block;
    const float *x = left + group * size;
    int shift;
    const uint8_t *bytes = int4_at(p, group * size, column, &shift);
    vector sum[FEW_ROWS][2][BYTES_AT_ONCE / LANES];
    UNROLLED for (int i = 0; i < rows; i++)
        UNROLLED for (int v = 0; v < vectors; v++)
            sum[i][0][v] = sum[i][1][v] = vector_of(0);
    for (int64_t k = 0; k < size; k++, bytes += half) {
        __builtin_prefetch(bytes + STREAM_AHEAD, 0, 2);
        UNROLLED for (int v = 0; v < vectors; v++) {
            vector low, high;
            vector_load_int4_pair(bytes + v * LANES, &low, &high);
            UNROLLED for (int i = 0; i < rows; i++) {
                vector element = vector_of(x[i * floats + k]);
                sum[i][0][v] += low * element;
                sum[i][1][v] += high * element;
            }
        }
    }
    UNROLLED for (int i = 0; i < rows; i++)
        UNROLLED for (int h = 0; h < 2; h++)
            UNROLLED for (int v = 0; v < vectors; v++) {
                int64_t at = inside + h * half + v * LANES;
                float *to = sums + i * BLOCK_MAX + at, total = left[i * floats + p->inner + group];
                vector_store(to, vector_load(to) + sum[i][h][v] * vector_load(scales + at)
                                     + vector_load(zeros + at) * total);
            }
}

INLINE void add_block(const struct product *p, const float *left, int64_t begin, int rows,
                      float *sums)
{
    float *scales = sums + rows * BLOCK_MAX, *zeros = scales + BLOCK_MAX;
    int64_t half = p->groups.block / 2;
    for (int64_t group = 0; group * p->groups.size < p->inner; group++) {
        int4_load_scales(p, group, begin, p->groups.block, scales, zeros);
        int64_t c = 0;
        for (; c + BYTES_AT_ONCE <= half; c += BYTES_AT_ONCE)
            add_group(p, left, group, begin + c, rows, VECTORS_AT_ONCE, scales, zeros, sums);
        for (; c < half; c += LANES)
            add_group(p, left, group, begin + c, rows, 1, scales, zeros, sums);
    }
}

static void compute(const struct product *p, const void *packed, int64_t begin, int64_t end,
                    void *scratch)
{
    float *sums = scratch;
    memset(sums, 0, (size_t)(p->rows * BLOCK_MAX) * sizeof *sums);
    switch (p->rows) {
    case 1:
        add_block(p, packed, begin, 1, sums);
        break;
    case 2:
        add_block(p, packed, begin, 2, sums);
        break;
    case 3:
        add_block(p, packed, begin, 3, sums);
        break;
    default:
        add_block(p, packed, begin, FEW_ROWS, sums);
    }
    for (int64_t row = 0; row < p->rows; row++)
        finish_row(p, row, begin, end - begin, sums + row * BLOCK_MAX);
}

const struct product_kernel LEVEL_NAME(int4_few_rows) = {
    covers, packed_bytes, pack_count, pack, task_columns, scratch_bytes, compute,
};
