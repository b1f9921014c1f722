// SPDX-License-Identifier: BSD-2-Clause
// Narrow elements to float32 vectors with AVX-512. Part of vector.h.

#ifndef AOTI_RUNTIME_LOADS_H
#define AOTI_RUNTIME_LOADS_H

#include <immintrin.h>

// GCC 12 takes a detour for what is one instruction each.

INLINE vector vector_load_bfloat16(const uint16_t *data)
{
    __m256i halves = _mm256_loadu_si256((const __m256i *)(const void *)data);
    return (vector)_mm512_slli_epi32(_mm512_cvtepu16_epi32(halves), 16);
}

INLINE vector vector_load_int8(const int8_t *data)
{
    __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)data);
    return (vector)_mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(bytes));
}

INLINE void vector_store_low_halves(uint16_t *data, vector_bits bits)
{
    _mm256_storeu_si256((__m256i *)(void *)data, _mm512_cvtepi32_epi16((__m512i)bits));
}

#endif
