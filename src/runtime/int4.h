// SPDX-License-Identifier: BSD-2-Clause
// A right side of 4 bits, as libtorch's _weight_int4pack_mm_for_cpu has it. Columns come in blocks
// of group.block, each a byte for every step and every column of the block's first half: its low
// bits are that column's, its high bits those of the column half a block further.

#ifndef AOTI_RUNTIME_INT4_H
#define AOTI_RUNTIME_INT4_H

#include "runtime/convert.h"
#include "runtime/kernels.h"
#include "runtime/vector.h"

enum { INT4_ZERO = 8 };  // what stands for the zero of a group

// Where the byte of step K and column COLUMN is; *SHIFT: 4 where it is the byte's high bits. Those
// of the steps that follow are block / 2 further each, those of the columns 1.
INLINE const uint8_t *int4_at(const struct product *p, int64_t k, int64_t column, int *shift)
{
    int64_t half = p->groups.block / 2, in_block = column % p->groups.block;
    *shift = in_block >= half ? 4 : 0;
    return (const uint8_t *)p->right.data + (column - in_block) * p->inner / 2 + k * half
           + in_block % half;
}

// The scales and zeros of GROUP for COUNT columns from COLUMN on, a multiple of LANES.
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
