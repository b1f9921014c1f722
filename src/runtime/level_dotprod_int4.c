// SPDX-License-Identifier: BSD-2-Clause
// Products of one row of bfloat16 with 4-bit weights by SDOT. A lane is a column; a part of the row
// is a group. SDOT needs four steps of a column side by side, but they are half a block apart:
// zipping the bytes of four steps twice brings them together, for the columns of both halves.

#include "config.h"

#include "runtime/levels.h"
#include "runtime/whole_numbers_neon.h"

#include "runtime/int4_one_row.h"  // needs make_part()

enum {
    STEPS = 4,         // of the inner dimension, multiplied by one instruction
    COLUMNS = 16,      // of each half of a block, at once
    GROUP_MAX = 4096,  // steps, so that sums fit 32 bits
    BLOCK_MAX = 64,
};

static bool covers(const struct product *p)
{
    return p->rows == 1 && p->right.dtype == TORCH_UINT8 && p->groups.dtype == TORCH_BFLOAT16
           && p->groups.block <= BLOCK_MAX && p->groups.block % (2 * COLUMNS) == 0
           && p->groups.size <= GROUP_MAX && p->groups.size % BYTES == 0
           && is_whole_row(&p->left, p->inner);
}

static int64_t task_columns(const struct product *p)
{
    return columns_of_task(p, p->inner / 2, p->groups.block);
}

static size_t scratch_bytes(const struct product *p)
{
    (void)p;
    return BLOCK_MAX * sizeof(float);
}

// Loads the bytes of COLUMNS columns for STEPS steps, HALF apart, and arranges them column by
// column in FOUR vectors of four columns.
INLINE void load_columns(const uint8_t *bytes, int64_t half, uint8x16_t four[STEPS])
{
    uint8x16_t step[STEPS], low[2], high[2];
    UNROLLED for (int i = 0; i < STEPS; i++)
        step[i] = vld1q_u8(bytes + i * half);
    UNROLLED for (int i = 0; i < 2; i++) {
        low[i] = vzip1q_u8(step[2 * i], step[2 * i + 1]);
        high[i] = vzip2q_u8(step[2 * i], step[2 * i + 1]);
    }
    four[0] = (uint8x16_t)vzip1q_u16((uint16x8_t)low[0], (uint16x8_t)low[1]);
    four[1] = (uint8x16_t)vzip2q_u16((uint16x8_t)low[0], (uint16x8_t)low[1]);
    four[2] = (uint8x16_t)vzip1q_u16((uint16x8_t)high[0], (uint16x8_t)high[1]);
    four[3] = (uint8x16_t)vzip2q_u16((uint16x8_t)high[0], (uint16x8_t)high[1]);
}

// Sums of products with high bytes and with low bytes, for columns of the first half of a block and
// for columns of the second.
struct sums {
    int32x4_t high[2][STEPS], low[2][STEPS];
};

// Returns STEPS bytes of the row in each lane.
INLINE int8x16_t broadcast_steps(const int8_t *bytes)
{
    int32_t word;
    memcpy(&word, bytes, sizeof word);
    return (int8x16_t)vdupq_n_s32(word);
}

// Adds STEPS steps of COLUMNS columns of each half, at BYTES, times the row's steps at ROW.
INLINE void add_steps(struct sums *sums, const uint8_t *bytes, int64_t half, const int8_t *row)
{
    const int8x16_t high = broadcast_steps(row), low = broadcast_steps(row + BYTES);
    uint8x16_t four[STEPS];
    load_columns(bytes, half, four);
    UNROLLED for (int v = 0; v < STEPS; v++) {
        int8x16_t first = (int8x16_t)vandq_u8(four[v], vdupq_n_u8(15));
        int8x16_t second = (int8x16_t)vshrq_n_u8(four[v], 4);
        sums->high[0][v] = vdotq_s32(sums->high[0][v], first, high);
        sums->low[0][v] = vdotq_s32(sums->low[0][v], first, low);
        sums->high[1][v] = vdotq_s32(sums->high[1][v], second, high);
        sums->low[1][v] = vdotq_s32(sums->low[1][v], second, low);
    }
}

// Adds the sums of a group for four columns, scaled by the entries at PAIRS, to PRODUCTS.
INLINE void add_scaled(float *products, int32x4_t high, int32x4_t low, const struct part *part,
                       const uint16_t *pairs)
{
    const uint16x4x2_t pair = vld2_u16(pairs);
    float32x4_t scales = (float32x4_t)vshll_n_u16(pair.val[0], 16);
    float32x4_t zeros = (float32x4_t)vshll_n_u16(pair.val[1], 16);
    int32x4_t sums = vsubq_s32(join_sums(high, low), vdupq_n_s32(INT4_ZERO * part->sum));
    float32x4_t result = vld1q_f32(products);
    result = vfmaq_f32(result, vcvtq_f32_s32(sums), vmulq_n_f32(scales, part->scale));
    vst1q_f32(products, vfmaq_n_f32(result, zeros, part->total));
}

// Adds a group of COUNT steps for COLUMNS columns of each half of a block, beginning at BYTES and
// scaled by the entries at PAIRS, to PRODUCTS.
INLINE void add_group(const struct part *part, const int8_t *row, int64_t count,
                      const uint8_t *bytes, int64_t half, const uint16_t *pairs, float *products)
{
    struct sums sums = {0};
    for (int64_t k = 0; k < count; k += BYTES)
        UNROLLED for (int64_t i = 0; i < BYTES; i += STEPS, bytes += STEPS * half)
            add_steps(&sums, bytes, half, row + whole_bytes(k) + i);
    UNROLLED for (int h = 0; h < 2; h++)
        UNROLLED for (int v = 0; v < STEPS; v++) {
            int64_t at = h * half + v * LANES;
            add_scaled(products + at, sums.high[h][v], sums.low[h][v], part, pairs + 2 * at);
        }
}

static void compute(const struct product *p, const void *packed, int64_t begin, int64_t end,
                    void *scratch)
{
    const struct part *parts = packed_parts(p, packed);
    const int64_t size = p->groups.size, half = p->groups.block / 2;
    float *products = scratch;
    int shift;
    const uint8_t *bytes = int4_at(p, 0, begin, &shift);
    for (int64_t block = begin; block < end; block += 2 * half) {
        memset(products, 0, BLOCK_MAX * sizeof *products);
        for (int64_t group = 0; group < group_count(p); group++, bytes += size * half) {
            prefetch_scales(p, group, block, 2 * half);
            for (int64_t c = 0; c < half; c += COLUMNS)
                add_group(parts + group, (const int8_t *)packed + whole_bytes(group * size), size,
                          bytes + c, half, scales_at(p, group, block + c), products + c);
        }
        finish_row(p, 0, block, 2 * half, products);
    }
}

const struct product_kernel int4_one_row_dotprod = {
    covers, packed_bytes, group_count, pack, task_columns, scratch_bytes, compute,
};
