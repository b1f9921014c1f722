// SPDX-License-Identifier: BSD-2-Clause
// Dot products of bfloat16 pairs by AVX-512 BF16 (VDPBF16PS). A lane is a pair, the first element
// in the low bits.

#ifndef AOTI_RUNTIME_DOTS_H
#define AOTI_RUNTIME_DOTS_H

#include <immintrin.h>

#include "runtime/vector.h"

enum { DOT_ELEMENTS = 2 * LANES };  // elements in a vector of pairs

typedef __m512bh dot_pairs;

INLINE dot_pairs dot_load(const void *source)
{
    return (dot_pairs)_mm512_loadu_si512(source);
}

// Loads COUNT elements, fewer than a vector, followed by zeros.
INLINE dot_pairs dot_load_some(const uint16_t *source, int64_t count)
{
    __mmask32 there = (__mmask32)((UINT64_C(1) << count) - 1);
    return (dot_pairs)_mm512_maskz_loadu_epi16(there, source);
}

// Converts a vector of 8-bit integers to bfloat16 and stores it.
INLINE void dot_store_int8(void *pairs, const int8_t *source)
{
    __m512 low = (__m512)vector_load_int8(source), high = (__m512)vector_load_int8(source + LANES);
    _mm512_storeu_si512(pairs, (__m512i)_mm512_cvtne2ps_pbh(high, low));
}

// Returns SUM plus, in each lane, both products of the pairs.
INLINE vector dot_add(vector sum, dot_pairs left, dot_pairs right)
{
    return (vector)_mm512_dpbf16_ps((__m512)sum, left, right);
}

#endif
