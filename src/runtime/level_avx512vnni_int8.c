// SPDX-License-Identifier: BSD-2-Clause
// Products of one row of bfloat16 with 8-bit weights by VPDPWSSD.
//
// How it works: a step of decoding reads all weights once, so memory sets the time if the
// arithmetic is cheap enough. The row becomes 16-bit integers with one scale for each part of PART
// steps, within 2^-16 of the part's largest (whole_numbers.h; bfloat16 itself is within 2^-9).
// Weights widen to 16 bits, and VPDPWSSD multiplies and adds pairs of them exactly: half of the
// instructions of float32. The sum of a part is converted once and scaled.
//
// Example: a part {1.0, -0.5} has the scale 2^-15, almost, and the integers {32767, -16384}. With
// the weights {3, 4} the sum is 98301 - 65536 = 32765; times the scale it is 0.99994, for 1.0.
//
// A lane is two steps of a column. One column follows the other, and little else is read, which the
// hardware prefetcher predicts. Rejected: prefetching by software, or more columns at once, is
// slower.

#include "config.h"

#include "runtime/fetch.h"
#include "runtime/levels.h"
#include "runtime/whole_numbers_avx512.h"

enum {
    PART = 2 * PAIRS,  // steps; in longer parts, values far below the largest lose precision
    INT8_COLUMNS = 1,
};

#include "runtime/int8_one_row.h"

// Returns SUM plus a part times its WEIGHTS, one vector for each half.
INLINE __m512 add_part(__m512 sum, const int16_t *whole_numbers, float scale, __m256i first,
                       __m256i second)
{
    vector_bits whole = {0};
    whole = add_pairs(whole, _mm512_cvtepi8_epi16(first), _mm512_loadu_si512(whole_numbers));
    whole = add_pairs(whole, _mm512_cvtepi8_epi16(second),
                      _mm512_loadu_si512(whole_numbers + PAIRS));
    return sum + _mm512_cvtepi32_ps((__m512i)whole) * scale;
}

static float dot_column(const struct product *p, const int16_t *whole_numbers, const float *scales,
                        const int8_t *weights)
{
    const __m256i *halves = (const void *)weights;
    __m512 sum = _mm512_setzero_ps();
    int64_t k = 0;
    for (; k + PART <= p->inner; k += PART, halves += 2) {
        fetch_ahead(halves, BYTES_AHEAD, PART);
        sum = add_part(sum, whole_numbers + k, *scales++, _mm256_loadu_si256(halves),
                       _mm256_loadu_si256(halves + 1));
    }
    if (k < p->inner) {
        uint64_t there = (UINT64_C(1) << (p->inner - k)) - 1;
        sum = add_part(sum, whole_numbers + k, *scales,
                       _mm256_maskz_loadu_epi8((__mmask32)there, halves),
                       _mm256_maskz_loadu_epi8((__mmask32)(there >> PAIRS), halves + 1));
    }
    return _mm512_reduce_add_ps(sum);
}

static void compute(const struct product *p, const void *packed, int64_t begin, int64_t end,
                    void *scratch)
{
    float *sums = scratch;
    for (int64_t n = begin; n < end; n++)
        sums[n - begin] = dot_column(p, packed, packed_scales(p, packed),
                                     matrix_at(&p->right, 0, n));
    finish_row(p, 0, begin, end - begin, sums);
}

const struct product_kernel LEVEL_NAME(int8_one_row) = {
    covers, packed_bytes, part_count, pack, task_columns, scratch_bytes, compute,
};
