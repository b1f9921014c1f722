// SPDX-License-Identifier: BSD-2-Clause
// A row of bfloat16 as 16-bit integers (whole_numbers.h) for the instruction that sums products of
// four bytes (SDOT). An integer is 256 * its high byte + its low byte, both signed, so a product
// with it is two products with a byte.

#ifndef AOTI_RUNTIME_WHOLE_NUMBERS_NEON_H
#define AOTI_RUNTIME_WHOLE_NUMBERS_NEON_H

#include <arm_neon.h>

#include "runtime/whole_numbers.h"

// Integers are stored as BYTES high bytes, then as many low bytes, and so on.
enum {
    BYTES = sizeof(int8x16_t),
    WHOLE_MAX = 127 * 256 + 127,
};

// Returns true if all values are finite: NaN and infinity have no integer.
static inline bool is_whole_row(const struct matrix *left, int64_t count)
{
    if (left->dtype != TORCH_BFLOAT16 || left->column_stride != 1)
        return false;
    const uint16_t *row = left->data;
    unsigned largest = 0;
    for (int64_t k = 0; k < count; k++) {
        unsigned magnitude = row[k] & 0x7fff;
        largest = magnitude > largest ? magnitude : largest;
    }
    return largest < 0x7f80;
}

// Stores eight integers, their high bytes at TO and their low bytes BYTES further.
INLINE void store_whole_numbers(int8_t *to, int32x4_t first, int32x4_t second)
{
    int16x8_t whole = vcombine_s16(vmovn_s32(first), vmovn_s32(second));
    // The low byte is signed; the high byte makes up for its sign.
    int8x8_t low = vmovn_s16(whole);
    vst1_s8(to, vshrn_n_s16(vsubw_s8(whole, low), 8));
    vst1_s8(to + BYTES, low);
}

// Makes a part of COUNT values and stores its integers, followed by zeros up to SIZE, a multiple of
// BYTES.
static inline struct part make_part(const uint16_t *source, int64_t count, int64_t size,
                                    void *bytes)
{
    uint16_t values[8] = {0};
    float largest = 0;
    struct part part = {0, 0, 0};
    for (int64_t k = 0; k < count; k++) {
        float value = element_to_float(TORCH_BFLOAT16, source, k);
        largest = value > largest ? value : -value > largest ? -value : largest;
        part.total += value;
    }
    part.scale = largest / WHOLE_MAX;
    const float factor = whole_factor(part.scale);
    int32x4_t sum = vdupq_n_s32(0);
    for (int64_t k = 0; k < size; k += 8) {
        const uint16_t *eight = source + k;
        if (k + 8 > count) {
            memset(values, 0, sizeof values);
            if (k < count)
                memcpy(values, eight, (size_t)(count - k) * sizeof *values);
            eight = values;
        }
        int32x4_t first = vcvtnq_s32_f32((float32x4_t)(vector_load_bfloat16(eight) * factor));
        int32x4_t second = vcvtnq_s32_f32((float32x4_t)(vector_load_bfloat16(eight + 4) * factor));
        store_whole_numbers((int8_t *)bytes + k / BYTES * 2 * BYTES + k % BYTES, first, second);
        sum = vaddq_s32(sum, vaddq_s32(first, second));
    }
    part.sum = vaddvq_s32(sum);
    return part;
}

// Combines sums of products with high bytes and with low bytes.
INLINE int32x4_t join_sums(int32x4_t high, int32x4_t low)
{
    return vaddq_s32(vshlq_n_s32(high, 8), low);
}

#endif
