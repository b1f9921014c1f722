// SPDX-License-Identifier: BSD-2-Clause

#include "config.h"

#include "runtime/convert.h"

#include <string.h>

static float from_bits(uint32_t bits)
{
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static uint32_t to_bits(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

// Converts IEEE 754 binary16. Subnormal numbers are multiplied by 2^-24.
static float half_to_float(uint16_t half)
{
    uint32_t sign = (uint32_t)(half & 0x8000) << 16;
    uint32_t exponent = half >> 10 & 0x1f, fraction = half & 0x3ff;
    if (exponent == 0) {
        float value = (float)fraction * 0x1p-24f;
        return sign != 0 ? -value : value;
    }
    exponent = exponent == 0x1f ? 0xff : exponent + 127 - 15;
    return from_bits(sign | exponent << 23 | fraction << 13);
}

// Adding a power of two rounds off the bits that binary16 cannot hold, in hardware.
static uint16_t float_to_half(float value)
{
    uint32_t bits = to_bits(value), sign = bits >> 16 & 0x8000;
    float magnitude = from_bits(bits & 0x7fffffff);
    if (magnitude != magnitude)
        return (uint16_t)(sign | 0x7e00);
    if (magnitude >= 65520.0f)
        return (uint16_t)(sign | 0x7c00);
    if (magnitude < 0x1p-14f)
        return (uint16_t)(sign | (to_bits(magnitude + 0.5f) - to_bits(0.5f)));
    uint32_t rounded = (bits & 0x7fffffff) + 0xfff + (bits >> 13 & 1);
    return (uint16_t)(sign | ((rounded >> 13) - ((127 - 15) << 10)));
}

static uint16_t float_to_bfloat16(float value)
{
    uint32_t bits = to_bits(value);
    if (value != value)
        return (uint16_t)(bits >> 16 | 0x40);
    return (uint16_t)((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

float element_to_float(enum torch_dtype dtype, const void *data, int64_t index)
{
    switch (dtype) {
    case TORCH_BFLOAT16:
        return from_bits((uint32_t)((const uint16_t *)data)[index] << 16);
    case TORCH_FLOAT16:
        return half_to_float(((const uint16_t *)data)[index]);
    case TORCH_INT8:
        return ((const int8_t *)data)[index];
    default:
        return ((const float *)data)[index];
    }
}

void element_from_float(enum torch_dtype dtype, void *data, int64_t index, float value)
{
    switch (dtype) {
    case TORCH_BFLOAT16:
        ((uint16_t *)data)[index] = float_to_bfloat16(value);
        break;
    case TORCH_FLOAT16:
        ((uint16_t *)data)[index] = float_to_half(value);
        break;
    default:
        ((float *)data)[index] = value;
    }
}
