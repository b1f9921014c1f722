// SPDX-License-Identifier: BSD-2-Clause
// Products of two or more rows by the instruction that multiplies pairs of bfloat16 (VDPBF16PS).

#include "config.h"

#include <immintrin.h>

#include "runtime/levels.h"
#include "runtime/vector.h"

enum {
    UNIT = 1,
    STEPS = 512,  // 2 kB of a column of weights: few starts of a new stretch
    VECTORS = 24,
    TILE_VECTORS = 3,
    TILE_COLUMNS = 8,
    // In a panel of 4-bit weights, a row is a step.
    INT4_COLUMN = 1,
    INT4_STEP = COLUMNS_A_TASK,
};

#include "runtime/bfloat16_many_rows.h"

// A row of the panel is a step.
static void make_int4_columns(const struct block *block, int64_t column, step_type *panel)
{
    // The lookup uses 5 bits of a byte; the fifth must not matter.
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
        _mm512_storeu_si512(panel + k * INT4_STEP + column,
                            _mm512_permutexvar_epi16(pairs, table));
    }
}

// Pairs are multiplied as they are packed.
INLINE void arrange(step_type *pairs, int64_t steps)
{
    (void)pairs;
    (void)steps;
}

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
        UNROLLED for (int v = 0; v < vectors; v++)
            store_sums(t, j, v, (vector)sum[j][v]);
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
