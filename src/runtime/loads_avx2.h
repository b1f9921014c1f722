// SPDX-License-Identifier: BSD-2-Clause
// Converts narrow elements to float32 vectors with AVX2. Part of vector.h.

#ifndef AOTI_RUNTIME_LOADS_H
#define AOTI_RUNTIME_LOADS_H

#include <immintrin.h>

enum { VECTOR_REGISTERS = 16 };

// Intrinsics: GCC 12 needs several instructions for vector-extension code that is one instruction.

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

// Loads the 4 bits from bit SHIFT on of LANES bytes, minus 8.
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

// Transposes: lane j of vector i becomes lane i of vector j.
INLINE void vector_transpose(vector values[LANES])
{
    __m256 *v = (__m256 *)values, pairs[LANES], fours[LANES];
    UNROLLED for (int i = 0; i < LANES; i += 2) {
        pairs[i] = _mm256_unpacklo_ps(v[i], v[i + 1]);
        pairs[i + 1] = _mm256_unpackhi_ps(v[i], v[i + 1]);
    }
    // Half h of vector i + c: lanes 4 h + c of rows i to i + 3.
    UNROLLED for (int i = 0; i < LANES; i += 4)
        UNROLLED for (int j = 0; j < 2; j++) {
            __m256d low = (__m256d)pairs[i + j], high = (__m256d)pairs[i + 2 + j];
            fours[i + 2 * j] = (__m256)_mm256_unpacklo_pd(low, high);
            fours[i + 2 * j + 1] = (__m256)_mm256_unpackhi_pd(low, high);
        }
    UNROLLED for (int i = 0; i < LANES / 2; i++) {
        v[i] = _mm256_permute2f128_ps(fours[i], fours[i + 4], 0x20);
        v[i + 4] = _mm256_permute2f128_ps(fours[i], fours[i + 4], 0x31);
    }
}

// Returns the sums of adjacent lanes, of FIRST and then of SECOND.
INLINE vector vector_add_neighbours(vector first, vector second)
{
    __m256d halves = _mm256_castps_pd(_mm256_hadd_ps((__m256)first, (__m256)second));
    return (vector)_mm256_permute4x64_pd(halves, _MM_SHUFFLE(3, 1, 2, 0));
}

#endif
