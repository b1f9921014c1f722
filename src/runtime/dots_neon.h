// SPDX-License-Identifier: BSD-2-Clause
// Pairs of bfloat16 by NEON (BFDOT): a lane is two elements, the first in the low bits. Sums are
// rounded to odd, which is unbiased and within a unit of the last place.

#ifndef AOTI_RUNTIME_DOTS_H
#define AOTI_RUNTIME_DOTS_H

#include <arm_neon.h>

#include "runtime/vector.h"

enum { DOT_ELEMENTS = 2 * LANES };  // of a vector of pairs

typedef bfloat16x8_t dot_pairs;

INLINE dot_pairs dot_load(const void *source)
{
    return (dot_pairs)vld1q_u16(source);
}

// Loads COUNT elements, fewer than a whole vector; zeros follow.
INLINE dot_pairs dot_load_some(const uint16_t *source, int64_t count)
{
    uint16_t elements[DOT_ELEMENTS] = {0};
    memcpy(elements, source, (size_t)count * sizeof *elements);
    return dot_load(elements);
}

// Stores a vector of integers of 8 bits as bfloat16: they fit the upper half of a float32.
INLINE void dot_store_int8(void *pairs, const int8_t *source)
{
    uint16x8_t low = (uint16x8_t)vector_load_int8(source);
    vst1q_u16(pairs, vuzp2q_u16(low, (uint16x8_t)vector_load_int8(source + LANES)));
}

// SUM, and for each lane both products of its pair.
INLINE vector dot_add(vector sum, dot_pairs left, dot_pairs right)
{
    return (vector)vbfdotq_f32((float32x4_t)sum, left, right);
}

#endif
