// SPDX-License-Identifier: BSD-2-Clause
// Narrow elements to float32 vectors with AVX2. Part of vector.h.

#ifndef AOTI_RUNTIME_LOADS_H
#define AOTI_RUNTIME_LOADS_H

#include <immintrin.h>

// GCC 12 takes a detour for what is one instruction each.

INLINE vector vector_load_bfloat16(const uint16_t *data)
{
    __m128i halves = _mm_loadu_si128((const __m128i *)(const void *)data);
    return (vector)_mm256_slli_epi32(_mm256_cvtepu16_epi32(halves), 16);
}

INLINE vector vector_load_int8(const int8_t *data)
{
    __m128i bytes = _mm_loadl_epi64((const __m128i *)(const void *)data);
    return (vector)_mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(bytes));
}

// Of LANES bytes the 4 bits from bit SHIFT on, less 8.
INLINE vector vector_load_int4(const uint8_t *data, int shift)
{
    __m128i bytes = _mm_loadl_epi64((const __m128i *)(const void *)data);
    __m256i bits = _mm256_srli_epi32(_mm256_cvtepu8_epi32(bytes), shift);
    bits = _mm256_sub_epi32(_mm256_and_si256(bits, _mm256_set1_epi32(15)), _mm256_set1_epi32(8));
    return (vector)_mm256_cvtepi32_ps(bits);
}

INLINE void vector_load_int4_pair(const uint8_t *data, vector *low, vector *high)
{
    *low = vector_load_int4(data, 0);
    *high = vector_load_int4(data, 4);
}

INLINE void vector_store_low_halves(uint16_t *data, vector_bits bits)
{
    vector_halves halves = __builtin_convertvector(bits, vector_halves);
    memcpy(data, &halves, sizeof halves);
}

// The sums of each two neighbours, first those of FIRST.
INLINE vector vector_add_neighbours(vector first, vector second)
{
    __m256d halves = _mm256_castps_pd(_mm256_hadd_ps((__m256)first, (__m256)second));
    return (vector)_mm256_permute4x64_pd(halves, _MM_SHUFFLE(3, 1, 2, 0));
}

#endif
