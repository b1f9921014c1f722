// SPDX-License-Identifier: BSD-2-Clause
// A row of bfloat16 as 16-bit integers (whole_numbers.h) for the instruction that multiplies pairs
// of them (VPDPWSSD).

#ifndef AOTI_RUNTIME_WHOLE_NUMBERS_AVX512_H
#define AOTI_RUNTIME_WHOLE_NUMBERS_AVX512_H

#include <immintrin.h>

#include "runtime/whole_numbers.h"

enum { PAIRS = 2 * LANES };  // integers in a vector

// Returns true if all values are finite: NaN and infinity have no integer.
static inline bool is_whole_row(const struct matrix *left, int64_t count)
{
    if (left->dtype != TORCH_BFLOAT16 || left->column_stride != 1)
        return false;
    const uint16_t *row = left->data;
    const __m512i magnitude = _mm512_set1_epi16(0x7fff), infinite = _mm512_set1_epi16(0x7f80);
    for (int64_t k = 0; k < count; k += PAIRS) {
        __mmask32 there = count - k < PAIRS ? (1U << (count - k)) - 1 : (__mmask32)-1;
        __m512i values = _mm512_maskz_loadu_epi16(there, row + k);
        if (_mm512_cmpge_epu16_mask(_mm512_and_si512(values, magnitude), infinite) != 0)
            return false;
    }
    return true;
}

// Returns SUM plus, in each lane, the products of two pairs.
INLINE vector_bits add_pairs(vector_bits sum, __m512i left, __m512i right)
{
    return (vector_bits)_mm512_dpwssd_epi32((__m512i)sum, left, right);
}

INLINE __m512 load_values(const uint16_t *source, int64_t count)
{
    __mmask16 there = (__mmask16)(count < LANES ? (1U << count) - 1 : UINT16_MAX);
    __m512i halves = _mm512_cvtepu16_epi32(_mm256_maskz_loadu_epi16(there, source));
    return (__m512)_mm512_slli_epi32(halves, 16);
}

// Makes a part of COUNT values and stores its integers, followed by zeros up to SIZE, a multiple of
// LANES.
static inline struct part make_part(const uint16_t *source, int64_t count, int64_t size,
                                    void *bytes)
{
    __m512 largest = _mm512_setzero_ps(), total = largest;
    for (int64_t k = 0; k < count; k += LANES) {
        __m512 values = load_values(source + k, count - k);
        largest = _mm512_max_ps(largest, _mm512_abs_ps(values));
        total += values;
    }
    struct part part = {_mm512_reduce_max_ps(largest) / INT16_MAX, _mm512_reduce_add_ps(total), 0};
    const __m512 factor = _mm512_set1_ps(whole_factor(part.scale));
    int16_t *whole_numbers = bytes;
    __m512i sum = _mm512_setzero_si512();
    for (int64_t k = 0; k < size; k += LANES) {
        __m512 values = k < count ? load_values(source + k, count - k) : _mm512_setzero_ps();
        __m512i whole = _mm512_cvtps_epi32(values * factor);
        _mm256_storeu_si256((__m256i *)(void *)(whole_numbers + k), _mm512_cvtsepi32_epi16(whole));
        sum = _mm512_add_epi32(sum, whole);
    }
    part.sum = _mm512_reduce_add_epi32(sum);
    return part;
}

#endif
