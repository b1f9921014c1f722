// SPDX-License-Identifier: BSD-2-Clause
// Weights of 4 bits (int4.h) in blocks of 64 columns, with AVX-512 VBMI: a cache line is two steps
// of a block.

#ifndef AOTI_RUNTIME_INT4_LINE_H
#define AOTI_RUNTIME_INT4_LINE_H

#include <immintrin.h>

#include "runtime/vector.h"

enum { INT4_BLOCK = 64 };

// Where in a line the bytes of 16 columns from FIRST on are, column by column, both steps of each;
// every one is to be followed by a zero.
static inline __m512i int4_places(int first)
{
    uint8_t places[sizeof(__m512i)];
    for (int i = 0; i < (int)sizeof places; i++)
        places[i] = (uint8_t)(i / 2 % 2 * INT4_BLOCK / 2 + first + i / 4);
    return _mm512_loadu_si512(places);
}

// These bytes, as integers of 16 bits.
INLINE __m512i int4_spread(__m512i line, __m512i places)
{
    return _mm512_maskz_permutexvar_epi8(0x5555555555555555, places, line);
}

#endif
