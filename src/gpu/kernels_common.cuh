// SPDX-License-Identifier: BSD-2-Clause
// Elements, and what all kernels do alike.

#ifndef AOTI_GPU_KERNELS_COMMON_CUH
#define AOTI_GPU_KERNELS_COMMON_CUH

#include <cuda_bf16.h>
#include <cuda_fp16.h>

#include "gpu/kernels.h"

typedef __nv_bfloat16 bf16;
typedef __half f16;
typedef float f32;

static __device__ __forceinline__ float widen(bf16 value)
{
    return __bfloat162float(value);
}

static __device__ __forceinline__ float widen(f16 value)
{
    return __half2float(value);
}

static __device__ __forceinline__ float widen(float value)
{
    return value;
}

static __device__ __forceinline__ float widen(int8_t value)
{
    return (float)value;
}

template <class T> static __device__ __forceinline__ T narrow(float value);

template <> __device__ __forceinline__ bf16 narrow<bf16>(float value)
{
    return __float2bfloat16(value);
}

template <> __device__ __forceinline__ f16 narrow<f16>(float value)
{
    return __float2half(value);
}

template <> __device__ __forceinline__ float narrow<float>(float value)
{
    return value;
}

// 16 bytes of elements as floats.
template <class T> struct vector {
    static const int count = VECTOR_BYTES / sizeof(T);
    union {
        uint4 bits;
        T elements[count];
    };
    __device__ __forceinline__ float operator[](int index) const
    {
        return widen(elements[index]);
    }
};

// Whole numbers of 8 bits by way of the float 2^23 + 128 + the number, whose lowest byte that is:
// conversions proper are few at a time.
template <> __device__ __forceinline__ float vector<int8_t>::operator[](int index) const
{
    const unsigned words[] = {bits.x, bits.y, bits.z, bits.w};
    const unsigned biased = words[index / 4] ^ 0x80808080;
    return __uint_as_float(__byte_perm(biased, 0x4b000000, 0x7440 | index % 4)) - (0x1p23f + 128);
}

// Packs two 16-bit elements into a register, as tensor cores expect them.
template <class T> static __device__ __forceinline__ uint32_t pair_of(T first, T second)
{
    union {
        T elements[2];
        uint32_t bits;
    } pair;
    pair.elements[0] = first;
    pair.elements[1] = second;
    return pair.bits;
}

// Widens the four int8 in FOUR, exactly; LOW receives the first two. Bit operations and one packed
// subtraction a pair: conversions proper run at a fraction of that rate.
static __device__ __forceinline__ void widen_pairs(uint32_t &low, uint32_t &high, uint32_t four,
                                                   bf16)
{
    // The bits of bf16 128 + the lower seven bits, minus 128, or 256 where the sign bit is set.
    uint32_t pairs[2] = {__byte_perm(four, 0, 0x4140), __byte_perm(four, 0, 0x4342)};
#pragma unroll
    for (int i = 0; i < 2; i++) {
        union {
            uint32_t bits;
            __nv_bfloat162 pair;
        } lower = {(pairs[i] & 0x007f007f) | 0x43004300},
          sign = {(pairs[i] & 0x00800080) | 0x43004300};
        lower.pair = __hsub2(lower.pair, sign.pair);
        (i == 0 ? low : high) = lower.bits;
    }
}

static __device__ __forceinline__ void widen_pairs(uint32_t &low, uint32_t &high, uint32_t four,
                                                   f16)
{
    // The bits of f16 1024 + 128 + the number, minus 1152.
    const uint32_t biased = four ^ 0x80808080;
    union {
        uint32_t bits;
        __half2 pair;
    } first = {__byte_perm(biased, 0x64646464, 0x4140)},
      second = {__byte_perm(biased, 0x64646464, 0x4342)}, bias = {0x64806480};
    first.pair = __hsub2(first.pair, bias.pair);
    second.pair = __hsub2(second.pair, bias.pair);
    low = first.bits;
    high = second.bits;
}

template <class T> static __device__ __forceinline__ vector<T> load_vector(const T *from)
{
    vector<T> result;
    result.bits = *(const uint4 *)from;
    return result;
}

// The product of a vector and as many elements of OTHERS.
template <class One, class Other>
static __device__ __forceinline__ float dot(const vector<One> &one, const Other *others)
{
    float sum = 0;
#pragma unroll
    for (int v = 0; v < vector<One>::count; v += vector<Other>::count) {
        const vector<Other> values = load_vector(others + v);
#pragma unroll
        for (int i = 0; i < vector<Other>::count; i++)
            sum = fmaf(one[v + i], values[i], sum);
    }
    return sum;
}

// What a launch has asked for.
extern __shared__ __align__(1024) unsigned char shared_memory[];

// A kernel may be launched while its predecessor ends. It waits here before it reads what that one
// wrote, or writes anything.
static __device__ __forceinline__ void wait_for_predecessor(void)
{
#if __CUDA_ARCH__ >= 900
    asm volatile("griddepcontrol.wait;" ::: "memory");
#endif
}

// Lets the successor be launched, at the latest when this kernel ends. It waits for the end of this
// one, which is not before the end of all that came earlier. What it fetches meanwhile comes
// between what is fetched here from then on.
static __device__ __forceinline__ void launch_successor(void)
{
#if __CUDA_ARCH__ >= 900
    asm volatile("griddepcontrol.launch_dependents;" ::: "memory");
#endif
}

static __device__ __forceinline__ void launch_and_wait(void)
{
    launch_successor();
    wait_for_predecessor();
}

// Has the cache of the GPU fetch a line. It is always harmless: whoever reads it sees what is there
// by then.
static __device__ __forceinline__ void prefetch_line(const void *from)
{
#ifdef __CUDA_ARCH__
    asm volatile("prefetch.global.L2 [%0];" ::"l"(from));
#endif
}

static __device__ __forceinline__ float sum_of_warp(float value)
{
    for (int offset = 16; offset > 0; offset /= 2)
        value += __shfl_xor_sync(~0u, value, offset);
    return value;
}

static __device__ __forceinline__ float largest_of_warp(float value)
{
    for (int offset = 16; offset > 0; offset /= 2)
        value = fmaxf(value, __shfl_xor_sync(~0u, value, offset));
    return value;
}

#endif
