// SPDX-License-Identifier: BSD-2-Clause
// Converts narrow elements to float32 vectors in portable code. Part of vector.h.

#ifndef AOTI_RUNTIME_LOADS_H
#define AOTI_RUNTIME_LOADS_H

enum { VECTOR_REGISTERS = 16 };

INLINE vector vector_load_bfloat16(const uint16_t *data)
{
    vector_halves halves;
    memcpy(&halves, data, sizeof halves);
    return (vector)(__builtin_convertvector(halves, vector_bits) << 16);
}

INLINE vector vector_load_int8(const int8_t *data)
{
    vector_bytes bytes;
    memcpy(&bytes, data, sizeof bytes);
    return __builtin_convertvector(__builtin_convertvector(bytes, vector_mask), vector);
}

// Loads the 4 bits from bit SHIFT on of LANES bytes, minus 8.
INLINE vector vector_load_int4(const uint8_t *data, int shift)
{
    vector_bytes bytes;
    memcpy(&bytes, data, sizeof bytes);
    vector_mask bits = __builtin_convertvector(bytes, vector_mask) >> shift & 15;
    return __builtin_convertvector(bits - 8, vector);
}

INLINE void vector_load_int4_pair(const uint8_t *data, vector *low, vector *high)
{
    *low = vector_load_int4(data, 0);
    *high = vector_load_int4(data, 4);
}

INLINE void vector_store_low_halves(uint16_t *data, vector_bits bits)
{
    vector_halves halves = __builtin_convertvector(bits, vector_halves);
    memcpy(data, &halves, sizeof halves);
}

// Transposes: lane j of vector i becomes lane i of vector j.
INLINE void vector_transpose(vector v[LANES])
{
    const vector rows[LANES] = {v[0], v[1], v[2], v[3]};
    for (int j = 0; j < LANES; j++)
        v[j] = (vector){rows[0][j], rows[1][j], rows[2][j], rows[3][j]};
}

// Returns the sums of adjacent lanes, of FIRST and then of SECOND.
INLINE vector vector_add_neighbours(vector first, vector second)
{
    return (vector){first[0] + first[1], first[2] + first[3], second[0] + second[1],
                    second[2] + second[3]};
}

#endif
