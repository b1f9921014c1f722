// SPDX-License-Identifier: BSD-2-Clause
// 4-bit weights in the layout of libtorch's _weight_int4pack_mm_for_cpu. Columns form blocks of
// group.block. A block has one byte for every step and every column of its first half: the low bits
// belong to that column, the high bits to the column half a block further.

#ifndef AOTI_RUNTIME_INT4_H
#define AOTI_RUNTIME_INT4_H

#include "runtime/convert.h"
#include "runtime/kernels.h"
#include "runtime/vector.h"

enum { INT4_ZERO = 8 };  // the integer that stands for the zero of a group

// Returns the byte of step K and column COLUMN. *SHIFT: 4 if the high bits count, otherwise 0. The
// next step is block / 2 bytes further, the next column 1.
INLINE const uint8_t *int4_at(const struct product *p, int64_t k, int64_t column, int *shift)
{
    int64_t half = p->groups.block / 2, in_block = column % p->groups.block;
    *shift = in_block >= half ? 4 : 0;
    return (const uint8_t *)p->right.data + (column - in_block) * p->inner / 2 + k * half
           + in_block % half;
}

// Loads the scales and zeros of GROUP for COUNT columns from COLUMN on, a multiple of LANES.
static inline void int4_load_scales(const struct product *p, int64_t group, int64_t column,
                                    int64_t count, float *scales, float *zeros)
{
    const struct groups *groups = &p->groups;
    int64_t first = 2 * (group * p->columns + column);
    if (groups->dtype == TORCH_BFLOAT16) {
        const char *pairs = (const char *)groups->scales_and_zeros + first * 2;
        for (int64_t i = 0; i < count; i += LANES) {
            vector_bits bits;
            memcpy(&bits, pairs + i * 4, sizeof bits);
            vector_store(scales + i, (vector)(bits << 16));
            vector_store(zeros + i, (vector)(bits & 0xffff0000));
        }
        return;
    }
    for (int64_t i = 0; i < count; i++) {
        scales[i] = element_to_float(groups->dtype, groups->scales_and_zeros, first + 2 * i);
        zeros[i] = element_to_float(groups->dtype, groups->scales_and_zeros, first + 2 * i + 1);
    }
}

#endif
