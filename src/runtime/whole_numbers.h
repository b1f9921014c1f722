// SPDX-License-Identifier: BSD-2-Clause
// A row of bfloat16 as whole numbers of 16 bits, for the instruction that adds four products of
// bytes (VPDPBUSD): each part of it with a scale of its own, within 2^-16 of the part's largest,
// where bfloat16 itself is within 2^-9 of each. They are multiplied as a high and a low byte, and
// sums are exact until the part is done.

#ifndef AOTI_RUNTIME_WHOLE_NUMBERS_H
#define AOTI_RUNTIME_WHOLE_NUMBERS_H

#include <float.h>
#include <immintrin.h>

#include "runtime/finish.h"
#include "runtime/vector.h"

enum {
    BYTES = 64,  // of a vector
    STEPS = 4,   // of the inner dimension that one instruction multiplies
    PART_MAX = 256,
};

// Value k is about scale * (256 * high + low).
struct part {
    vector_bits sums;  // of the whole numbers: the four of a lane in each vector of them
    int8_t high[PART_MAX], low[PART_MAX];  // lie as vectors do
    float scale;
    float total;  // of the values
};

// What is no number, or infinite, has no place among whole numbers.
static inline bool is_whole_row(const struct matrix *left, int64_t count)
{
    if (left->dtype != TORCH_BFLOAT16 || left->column_stride != 1)
        return false;
    const uint16_t *row = left->data;
    uint16_t largest = 0;
    for (int64_t k = 0; k < count; k++) {
        uint16_t magnitude = row[k] & 0x7fff;
        largest = magnitude > largest ? magnitude : largest;
    }
    return largest < 0x7f80;
}

// SUM, and for each lane what four bytes make that are multiplied.
INLINE vector_bits add_products(vector_bits sum, __m512i bytes, __m512i signed_bytes)
{
    return (vector_bits)_mm512_dpbusd_epi32((__m512i)sum, bytes, signed_bytes);
}

INLINE __m512 load_values(const uint16_t *source, int64_t count)
{
    __mmask16 there = count < LANES ? (__mmask16)((1U << count) - 1) : (__mmask16)-1;
    __m512i halves = _mm512_cvtepu16_epi32(_mm256_maskz_loadu_epi16(there, source));
    return (__m512)_mm512_slli_epi32(halves, 16);
}

// Makes a part of COUNT values; zeros follow them up to a whole vector.
static inline void part_pack(struct part *part, const uint16_t *source, int64_t count)
{
    const float limit = 127 * 256;  // that two signed bytes hold
    const __m512i ones = _mm512_set1_epi8(1);
    __m512 largest = _mm512_setzero_ps(), total = largest;
    for (int64_t k = 0; k < count; k += LANES) {
        __m512 values = load_values(source + k, count - k);
        largest = _mm512_max_ps(largest, _mm512_abs_ps(values));
        total += values;
    }
    part->scale = _mm512_reduce_max_ps(largest) / limit;
    part->total = _mm512_reduce_add_ps(total);
    // What is so small that nothing is left of it makes no difference.
    const __m512 factor = _mm512_set1_ps(part->scale < FLT_MIN ? 0 : 1 / part->scale);
    vector_bits high_sums = {0}, low_sums = {0};
    for (int64_t first = 0; first < count; first += BYTES) {
        for (int64_t k = first; k < first + BYTES; k += LANES) {
            __m512 values = k < count ? load_values(source + k, count - k) : _mm512_setzero_ps();
            __m512i whole = _mm512_cvtps_epi32(values * factor);
            __m128i low = _mm512_cvtepi32_epi8(whole);
            __m512i rest = _mm512_sub_epi32(whole, _mm512_cvtepi8_epi32(low));
            __m128i high = _mm512_cvtepi32_epi8(_mm512_srai_epi32(rest, 8));
            memcpy(part->low + k, &low, sizeof low);
            memcpy(part->high + k, &high, sizeof high);
        }
        high_sums = add_products(high_sums, ones, _mm512_loadu_si512(part->high + first));
        low_sums = add_products(low_sums, ones, _mm512_loadu_si512(part->low + first));
    }
    part->sums = (high_sums << 8) + low_sums;
}

#endif
