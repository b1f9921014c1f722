// SPDX-License-Identifier: BSD-2-Clause
// Converts narrow elements to float32 vectors with NEON. Part of vector.h.

#ifndef AOTI_RUNTIME_LOADS_H
#define AOTI_RUNTIME_LOADS_H

#include <arm_neon.h>

enum { VECTOR_REGISTERS = 32 };

INLINE vector vector_load_bfloat16(const uint16_t *data)
{
    return (vector)vshll_n_u16(vld1_u16(data), 16);
}

// Loads LANES bytes into the first half of a vector.
INLINE uint8x8_t load_lanes(const void *data)
{
    uint32_t bytes;
    memcpy(&bytes, data, sizeof bytes);
    return (uint8x8_t)vdup_n_u32(bytes);
}

INLINE vector vector_load_int8(const int8_t *data)
{
    int16x8_t halves = vmovl_s8((int8x8_t)load_lanes(data));
    return (vector)vcvtq_f32_s32(vmovl_s16(vget_low_s16(halves)));
}

// Converts LANES 4-bit integers, minus 8.
INLINE vector vector_of_int4(uint8x8_t nibbles)
{
    int8x8_t bytes = vsub_s8((int8x8_t)nibbles, vdup_n_s8(8));
    return (vector)vcvtq_f32_s32(vmovl_s16(vget_low_s16(vmovl_s8(bytes))));
}

// Loads the 4 bits from bit SHIFT on of LANES bytes, minus 8.
INLINE vector vector_load_int4(const uint8_t *data, int shift)
{
    uint8x8_t bytes = vshl_u8(load_lanes(data), vdup_n_s8((int8_t)-shift));
    return vector_of_int4(vand_u8(bytes, vdup_n_u8(15)));
}

INLINE void vector_load_int4_pair(const uint8_t *data, vector *low, vector *high)
{
    uint8x8_t bytes = load_lanes(data);
    *low = vector_of_int4(vand_u8(bytes, vdup_n_u8(15)));
    *high = vector_of_int4(vshr_n_u8(bytes, 4));
}

INLINE void vector_store_low_halves(uint16_t *data, vector_bits bits)
{
    vst1_u16(data, vmovn_u32((uint32x4_t)bits));
}

// Transposes: lane j of vector i becomes lane i of vector j.
INLINE void vector_transpose(vector v[LANES])
{
    float64x2_t pairs[LANES];
    UNROLLED for (int i = 0; i < LANES; i += 2) {
        pairs[i] = (float64x2_t)vtrn1q_f32((float32x4_t)v[i], (float32x4_t)v[i + 1]);
        pairs[i + 1] = (float64x2_t)vtrn2q_f32((float32x4_t)v[i], (float32x4_t)v[i + 1]);
    }
    UNROLLED for (int i = 0; i < 2; i++) {
        v[i] = (vector)vtrn1q_f64(pairs[i], pairs[i + 2]);
        v[i + 2] = (vector)vtrn2q_f64(pairs[i], pairs[i + 2]);
    }
}

// Returns the sums of adjacent lanes, of FIRST and then of SECOND.
INLINE vector vector_add_neighbours(vector first, vector second)
{
    return (vector)vpaddq_f32((float32x4_t)first, (float32x4_t)second);
}

#endif
