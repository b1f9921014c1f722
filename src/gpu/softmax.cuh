// SPDX-License-Identifier: BSD-2-Clause
// The softmax of attention, taken chunk by chunk and rescaled as the largest score grows (Milakov
// and Gimelshein, Online normalizer calculation for softmax, 2018).

#ifndef AOTI_GPU_SOFTMAX_CUH
#define AOTI_GPU_SOFTMAX_CUH

#include "gpu/kernels_common.cuh"

#define HIDDEN (-__int_as_float(0x7f800000))
#define LOG2_E 1.4426950408889634f

// Returns 2 to the power of SCORE - LARGEST; both may be minus infinity.
static __device__ __forceinline__ float weight_of(float score, float largest)
{
    return score == HIDDEN ? 0 : exp2f(score - largest);
}

#endif
