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

INLINE void vector_store_low_halves(uint16_t *data, vector_bits bits)
{
    vector_halves halves = __builtin_convertvector(bits, vector_halves);
    memcpy(data, &halves, sizeof halves);
}

#endif
