// SPDX-License-Identifier: BSD-2-Clause
// Dot products of bfloat16 pairs by NEON (BFDOT). A lane is a pair, the first element in the low
// bits. Sums are rounded to odd, which is unbiased and within one unit in the last place.

#ifndef AOTI_RUNTIME_DOTS_H
#define AOTI_RUNTIME_DOTS_H

#include <arm_neon.h>

#include "runtime/vector.h"

enum { DOT_ELEMENTS = 2 * LANES };  // elements in a vector of pairs

typedef bfloat16x8_t dot_pairs;

INLINE dot_pairs dot_load(const void *source)
{
    return (dot_pairs)vld1q_u16(source);
}

// Loads COUNT elements, fewer than a vector, followed by zeros.
INLINE dot_pairs dot_load_some(const uint16_t *source, int64_t count)
{
    uint16_t elements[DOT_ELEMENTS] = {0};
    memcpy(elements, source, (size_t)count * sizeof *elements);
    return dot_load(elements);
}

// Converts a vector of 8-bit integers to bfloat16 and stores it: they fit the upper half of
// float32.
INLINE void dot_store_int8(void *pairs, const int8_t *source)
{
    uint16x8_t low = (uint16x8_t)vector_load_int8(source);
    vst1q_u16(pairs, vuzp2q_u16(low, (uint16x8_t)vector_load_int8(source + LANES)));
}

// Returns SUM plus, in each lane, both products of the pairs.
INLINE vector dot_add(vector sum, dot_pairs left, dot_pairs right)
{
    return (vector)vbfdotq_f32((float32x4_t)sum, left, right);
}

#endif
