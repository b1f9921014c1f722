// SPDX-License-Identifier: BSD-2-Clause
// Converts narrow elements to float32 vectors with AVX-512. Part of vector.h.

#ifndef AOTI_RUNTIME_LOADS_H
#define AOTI_RUNTIME_LOADS_H

#include <immintrin.h>

enum { VECTOR_REGISTERS = 32 };

// Intrinsics: GCC 12 needs several instructions for vector-extension code that is one instruction.

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

// Converts 4-bit integers, minus 8. The permutation looks at the low 4 bits only.
INLINE vector vector_of_int4(__m512i bits)
{
    const __m512 values = _mm512_setr_ps(-8, -7, -6, -5, -4, -3, -2, -1, 0, 1, 2, 3, 4, 5, 6, 7);
    return (vector)_mm512_permutexvar_ps(bits, values);
}

INLINE vector vector_load_int4(const uint8_t *data, int shift)
{
    __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)data);
    return vector_of_int4(_mm512_srli_epi32(_mm512_cvtepu8_epi32(bytes), (unsigned)shift));
}

INLINE void vector_load_int4_pair(const uint8_t *data, vector *low, vector *high)
{
    __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)data);
    __m512i bits = _mm512_cvtepu8_epi32(bytes);
    *low = vector_of_int4(bits);
    *high = vector_of_int4(_mm512_srli_epi32(bits, 4));
}

INLINE void vector_store_low_halves(uint16_t *data, vector_bits bits)
{
    _mm256_storeu_si256((__m256i *)(void *)data, _mm512_cvtepi32_epi16((__m512i)bits));
}

// Transposes: lane j of vector i becomes lane i of vector j.
INLINE void vector_transpose(vector values[LANES])
{
    __m512 *v = (__m512 *)values, half[LANES];
    UNROLLED for (int i = 0; i < LANES; i += 2) {
        half[i] = _mm512_unpacklo_ps(v[i], v[i + 1]);
        half[i + 1] = _mm512_unpackhi_ps(v[i], v[i + 1]);
    }
    // Quarter q of vector i + c: lanes 4 q + c of rows i to i + 3.
    UNROLLED for (int i = 0; i < LANES; i += 4)
        UNROLLED for (int j = 0; j < 2; j++) {
            __m512d low = (__m512d)half[i + j], high = (__m512d)half[i + 2 + j];
            v[i + 2 * j] = (__m512)_mm512_unpacklo_pd(low, high);
            v[i + 2 * j + 1] = (__m512)_mm512_unpackhi_pd(low, high);
        }
    UNROLLED for (int i = 0; i < 4; i++)
        UNROLLED for (int j = 0; j < 2; j++) {
            half[i + 8 * j] = _mm512_shuffle_f32x4(v[i + 8 * j], v[i + 8 * j + 4], 0x88);
            half[i + 8 * j + 4] = _mm512_shuffle_f32x4(v[i + 8 * j], v[i + 8 * j + 4], 0xdd);
        }
    UNROLLED for (int i = 0; i < LANES / 2; i++) {
        v[i] = _mm512_shuffle_f32x4(half[i], half[i + 8], 0x88);
        v[i + 8] = _mm512_shuffle_f32x4(half[i], half[i + 8], 0xdd);
    }
}

// Returns the sums of adjacent lanes, of FIRST and then of SECOND.
INLINE vector vector_add_neighbours(vector first, vector second)
{
    const __m512i even = _mm512_setr_epi32(0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28,
                                           30);
    const __m512i odd = _mm512_add_epi32(even, _mm512_set1_epi32(1));
    return (vector)_mm512_permutex2var_ps((__m512)first, even, (__m512)second)
           + (vector)_mm512_permutex2var_ps((__m512)first, odd, (__m512)second);
}

#endif
