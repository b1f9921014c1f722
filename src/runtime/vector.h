// SPDX-License-Identifier: BSD-2-Clause
// Vectors of one CPU level by the compilers' vector extensions: the same source is compiled once
// for each level with its instructions. local.mk defines LEVEL and VECTOR_BYTES.

#ifndef AOTI_RUNTIME_VECTOR_H
#define AOTI_RUNTIME_VECTOR_H

#include <stdint.h>
#include <string.h>

#include "runtime/torch_abi.h"

#define LEVEL_JOIN_(name, level) name##_##level
#define LEVEL_JOIN(name, level) LEVEL_JOIN_(name, level)
#define LEVEL_NAME(name) LEVEL_JOIN(name, LEVEL)

#define INLINE static inline __attribute__((always_inline))

// Unrolls a loop of few iterations, whose number the compiler can see, so that arrays of vectors
// become registers.
#ifdef __clang__
#define UNROLLED _Pragma("clang loop unroll(full)")
#else
#define UNROLLED _Pragma("GCC unroll 16")
#endif

enum { LANES = VECTOR_BYTES / sizeof(float), CACHE_LINE = 64 };

typedef float vector __attribute__((vector_size(VECTOR_BYTES)));
typedef uint32_t vector_bits __attribute__((vector_size(VECTOR_BYTES)));
typedef int32_t vector_mask __attribute__((vector_size(VECTOR_BYTES)));
typedef uint16_t vector_halves __attribute__((vector_size(VECTOR_BYTES / 2)));
typedef int8_t vector_bytes __attribute__((vector_size(VECTOR_BYTES / 4)));

INLINE vector vector_of(float value)
{
    return value - (vector){0};
}

INLINE vector vector_load(const float *data)
{
    vector value;
    memcpy(&value, data, sizeof value);
    return value;
}

INLINE void vector_store(float *data, vector value)
{
    memcpy(data, &value, sizeof value);
}

INLINE vector vector_select(vector_mask mask, vector yes, vector no)
{
    return (vector)(((vector_mask)yes & mask) | ((vector_mask)no & ~mask));
}

// Returns the larger of each lane; LEFT where RIGHT is NaN.
INLINE vector vector_max(vector left, vector right)
{
    return vector_select(right > left, right, left);
}

INLINE float vector_sum(vector value)
{
    float lane[LANES];
    vector_store(lane, value);
    for (unsigned width = LANES / 2; width > 0; width /= 2)
        for (unsigned i = 0; i < width; i++)
            lane[i] += lane[i + width];
    return lane[0];
}

// VECTOR_REGISTERS, vector_load_bfloat16(), vector_load_int8(), vector_load_int4(),
// vector_load_int4_pair(), vector_store_low_halves(), vector_transpose() and
// vector_add_neighbours(): one file per level, named in local.mk.
#include VECTOR_LOADS

// Returns the sum of the lanes of each of LANES vectors, in the order of the vectors.
INLINE vector vector_sums(const vector values[LANES])
{
    vector sums[LANES];
    memcpy(sums, values, sizeof sums);
    UNROLLED for (int count = LANES / 2; count > 0; count /= 2)
        UNROLLED for (int i = 0; i < count; i++)
            sums[i] = vector_add_neighbours(sums[2 * i], sums[2 * i + 1]);
    return sums[0];
}

// Rounds to nearest, ties to even; NaN stays NaN.
INLINE void vector_store_bfloat16(uint16_t *data, vector value)
{
    vector_bits bits = (vector_bits)value;
    vector_bits rounded = (bits + 0x7fff + (bits >> 16 & 1)) >> 16;
    vector_bits nan = (vector_bits)(value != value);
    rounded = (rounded & ~nan) | ((bits >> 16 | 0x40) & nan);
    vector_store_low_halves(data, rounded);
}

// Loads a vector of elements of DTYPE, which must be a type that product_kernel.covers() accepts.
INLINE vector vector_load_as(enum torch_dtype dtype, const void *data)
{
    if (dtype == TORCH_BFLOAT16)
        return vector_load_bfloat16(data);
    if (dtype == TORCH_INT8)
        return vector_load_int8(data);
    return vector_load(data);
}

// Returns e to the power of each lane, within 2 units in the last place; 0 below -87.3. After S.
// Moshier's expf in the Cephes library: x = n log 2 + r, a polynomial of degree 6 for e^r.
INLINE vector vector_exp(vector x)
{
    const vector low = vector_of(-87.33654f), high = vector_of(88.72283f);
    vector_mask too_low = x < low, too_high = x > high;
    vector clamped = vector_select(too_low, low, vector_select(too_high, high, x));
    const vector magic = vector_of(0x1.8p23f);  // adding it rounds to an integer
    vector shifted = clamped * 1.44269504088896341f + magic;
    vector whole = shifted - magic;
    vector r = clamped - whole * 0.693359375f;
    r = r - whole * -2.12194440e-4f;
    vector p = vector_of(1.9875691500e-4f);
    p = p * r + 1.3981999507e-3f;
    p = p * r + 8.3334519073e-3f;
    p = p * r + 4.1665795894e-2f;
    p = p * r + 1.6666665459e-1f;
    p = p * r + 5.0000001201e-1f;
    p = p * (r * r) + r + 1.0f;
    // Two factors, since 2^128 overflows float although e^88.7 does not.
    vector_mask n = (vector_mask)shifted - (vector_mask)magic, half = n >> 1;
    vector result = p * (vector)((half + 127) << 23) * (vector)((n - half + 127) << 23);
    result = vector_select(too_low, vector_of(0), result);
    return vector_select(too_high, vector_of(__builtin_inff()), result);
}

#endif
