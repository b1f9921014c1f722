// SPDX-License-Identifier: BSD-2-Clause
// The kernels of Arm processors that multiply bfloat16 (BFDOT, BFMMLA): products of two or more
// rows, two rows by two columns by four elements of the inner dimension per instruction. Rejected:
// SMMLA (i8mm) needs two instructions for a left side that is exact enough, as many as BFMMLA.

#include "config.h"

#include <arm_neon.h>

#include "runtime/levels.h"
#include "runtime/vector.h"

enum {
    UNIT = 2,     // steps per instruction
    STEPS = 256,  // 1 kB of a column of weights
    VECTORS = 24,
    TILE_VECTORS = 3,
    TILE_COLUMNS = 8,
    // Panels of 4-bit weights have the same layout as others.
    INT4_COLUMN = STEPS,
    INT4_STEP = 1,
};

#include "runtime/bfloat16_many_rows.h"

// The bytes of the bfloat16 values of the 4-bit integers.
struct int4_table {
    uint8x16_t low, high;
};

static struct int4_table int4_table(void)
{
    uint16_t values[16];
    for (int i = 0; i < 16; i++)
        element_from_float(TORCH_BFLOAT16, values, i, (float)(i - INT4_ZERO));
    uint8x16x2_t bytes = vld2q_u8((const uint8_t *)values);
    return (struct int4_table){bytes.val[0], bytes.val[1]};
}

// Returns a step of LANES columns, whose integers are the 4 bits from bit SHIFT on of the bytes at
// FIRST and at SECOND.
INLINE vector int4_pairs(const uint8_t *first, const uint8_t *second, int shift,
                         struct int4_table table)
{
    uint8x8_t bytes = vzip1_u8(load_lanes(first), load_lanes(second));
    bytes = vand_u8(vshl_u8(bytes, vdup_n_s8((int8_t)-shift)), vdup_n_u8(15));
    uint8x8_t low = vqtbl1_u8(table.low, bytes), high = vqtbl1_u8(table.high, bytes);
    return (vector)vcombine_u8(vzip1_u8(low, high), vzip2_u8(low, high));
}

static void make_int4_columns(const struct block *block, int64_t column, step_type *panel)
{
    const struct int4_table table = int4_table();
    const int64_t half = block->p->groups.block / 2;
    int shift;
    const uint8_t *bytes = int4_at(block->p, 2 * block->first, block->begin + column, &shift);
    for (int64_t k = 0; k < block->steps; k += LANES) {
        vector steps[LANES];
        UNROLLED for (int i = 0; i < LANES; i++, bytes += 2 * half)
            steps[i] = int4_pairs(bytes, bytes + half, shift, table);
        vector_transpose(steps);
        UNROLLED for (int j = 0; j < LANES; j++)
            memcpy(panel + (column + j) * INT4_COLUMN + k, &steps[j], sizeof steps[j]);
    }
}

// Interleaves the steps of a unit: first two rows, then the other two.
INLINE void arrange(step_type *pairs, int64_t steps)
{
    for (int64_t k = 0; k < steps; k += UNIT, pairs += UNIT * LANES) {
        uint32x4_t first = vld1q_u32(pairs), second = vld1q_u32(pairs + LANES);
        vst1q_u32(pairs, vzip1q_u32(first, second));
        vst1q_u32(pairs + LANES, vzip2q_u32(first, second));
    }
}

// Loads a unit of two columns.
INLINE bfloat16x8_t load_two(const step_type *first, const step_type *second)
{
    uint64x2_t both = vcombine_u64(vld1_u64((const void *)first), vdup_n_u64(0));
    return (bfloat16x8_t)vld1q_lane_u64((const void *)second, both, 1);
}

// Sums are kept for two rows by two columns: the first two rows of a vector, then the other two.
INLINE void run_tile(const struct tile *t, int vectors)
{
    float32x4_t sum[TILE_COLUMNS / 2][2 * TILE_VECTORS];
    UNROLLED for (int j = 0; j < TILE_COLUMNS / 2; j++)
        UNROLLED for (int i = 0; i < 2 * vectors; i++)
            sum[j][i] = vdupq_n_f32(0);
    for (int64_t k = 0; k < t->steps; k += UNIT) {
        bfloat16x8_t rows[2 * TILE_VECTORS];
        UNROLLED for (int i = 0; i < 2 * vectors; i++)
            rows[i] = dot_load(t->left + i / 2 * t->left_vector + (k + i % 2) * LANES);
        UNROLLED for (int j = 0; j < TILE_COLUMNS / 2; j++) {
            const step_type *right = t->right + 2 * j * t->right_column + k;
            bfloat16x8_t columns = load_two(right, right + t->right_column);
            UNROLLED for (int i = 0; i < 2 * vectors; i++)
                sum[j][i] = vbfmmlaq_f32(sum[j][i], rows[i], columns);
        }
    }
    UNROLLED for (int j = 0; j < TILE_COLUMNS / 2; j++)
        UNROLLED for (int v = 0; v < vectors; v++) {
            const float32x4_t first = sum[j][2 * v], second = sum[j][2 * v + 1];
            store_sums(t, 2 * j, v, (vector)vuzp1q_f32(first, second));
            store_sums(t, 2 * j + 1, v, (vector)vuzp2q_f32(first, second));
        }
}

static const struct product_kernel many_rows_bf16 = {
    covers, packed_bytes, vector_count, pack, many_rows_task_columns, many_rows_scratch_bytes,
    many_rows_compute,
};

static const struct product_kernel *const products[] = {
    &int4_one_row_dotprod,
    &int8_one_row_dotprod,
    &bfloat16_few_rows_bf16,
    &int4_few_rows_neon,
    &few_rows_neon,
    &many_rows_bf16,
    &many_rows_neon,
    NULL,
};

const struct kernels kernels_bf16 = {
    .name = "bf16",
    .products = products,
    .attentions = attentions_neon,
};
