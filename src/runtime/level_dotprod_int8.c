// SPDX-License-Identifier: BSD-2-Clause
// Products of one row of bfloat16 with 8-bit weights by SDOT: 16 weights take two instructions,
// where float32 takes eleven to widen and four to multiply them. Four columns share each load of
// the row.

#include "config.h"

#include "runtime/levels.h"
#include "runtime/whole_numbers_neon.h"

enum {
    PART = 64,  // steps; in longer parts, values far below the largest lose precision
    INT8_COLUMNS = 4,
};

#include "runtime/int8_one_row.h"

// Adds a part, from ROW on, times COUNT (a constant) columns to SUMS.
INLINE void add_part(const int8_t *row, float scale, const int8_t *const *weights, int count,
                     float32x4_t *sums)
{
    int32x4_t high[INT8_COLUMNS], low[INT8_COLUMNS];
    UNROLLED for (int j = 0; j < count; j++)
        high[j] = low[j] = vdupq_n_s32(0);
    UNROLLED for (int k = 0; k < PART; k += BYTES) {
        const int8x16_t high_row = vld1q_s8(row + 2 * k), low_row = vld1q_s8(row + 2 * k + BYTES);
        UNROLLED for (int j = 0; j < count; j++) {
            int8x16_t bytes = vld1q_s8(weights[j] + k);
            high[j] = vdotq_s32(high[j], bytes, high_row);
            low[j] = vdotq_s32(low[j], bytes, low_row);
        }
    }
    UNROLLED for (int j = 0; j < count; j++)
        sums[j] = vfmaq_n_f32(sums[j], vcvtq_f32_s32(join_sums(high[j], low[j])), scale);
}

// Computes the products of the row with COUNT (a constant) columns from COLUMN on.
INLINE void dot_columns(const struct product *p, const int8_t *row, const float *scales,
                        int64_t column, int count, float *products)
{
    const int8_t *weights[INT8_COLUMNS];
    float32x4_t sums[INT8_COLUMNS];
    UNROLLED for (int j = 0; j < count; j++) {
        weights[j] = matrix_at(&p->right, 0, column + j);
        sums[j] = vdupq_n_f32(0);
    }
    int64_t k = 0;
    for (; k + PART <= p->inner; k += PART) {
        add_part(row + whole_bytes(k), *scales++, weights, count, sums);
        UNROLLED for (int j = 0; j < count; j++)
            weights[j] += PART;
    }
    if (k < p->inner) {
        int8_t rest[INT8_COLUMNS][PART] = {{0}};
        UNROLLED for (int j = 0; j < count; j++) {
            memcpy(rest[j], weights[j], (size_t)(p->inner - k));
            weights[j] = rest[j];
        }
        add_part(row + whole_bytes(k), *scales, weights, count, sums);
    }
    UNROLLED for (int j = 0; j < count; j++)
        products[j] = vaddvq_f32(sums[j]);
}

static void compute(const struct product *p, const void *packed, int64_t begin, int64_t end,
                    void *scratch)
{
    const float *scales = packed_scales(p, packed);
    float *products = scratch;
    int64_t n = begin;
    for (; n + INT8_COLUMNS <= end; n += INT8_COLUMNS)
        dot_columns(p, packed, scales, n, INT8_COLUMNS, products + (n - begin));
    for (; n < end; n++)
        dot_columns(p, packed, scales, n, 1, products + (n - begin));
    finish_row(p, 0, begin, end - begin, products);
}

const struct product_kernel int8_one_row_dotprod = {
    covers, packed_bytes, part_count, pack, task_columns, scratch_bytes, compute,
};
