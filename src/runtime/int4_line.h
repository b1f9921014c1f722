// SPDX-License-Identifier: BSD-2-Clause
// 4-bit weights (int4.h) in blocks of 64 columns with AVX-512 VBMI: a cache line holds two steps of
// a block.

#ifndef AOTI_RUNTIME_INT4_LINE_H
#define AOTI_RUNTIME_INT4_LINE_H

#include <immintrin.h>

#include "runtime/vector.h"

enum { INT4_BLOCK = 64 };

// Returns the positions in a cache line of the bytes of 16 columns from FIRST on, column by column,
// both steps of each, and each followed by a zero.
static inline __m512i int4_places(int first)
{
    uint8_t places[sizeof(__m512i)];
    for (int i = 0; i < (int)sizeof places; i++)
        places[i] = (uint8_t)(i / 2 % 2 * INT4_BLOCK / 2 + first + i / 4);
    return _mm512_loadu_si512(places);
}

// Returns these bytes as 16-bit integers.
INLINE __m512i int4_spread(__m512i line, __m512i places)
{
    return _mm512_maskz_permutexvar_epi8(0x5555555555555555, places, line);
}

#endif
