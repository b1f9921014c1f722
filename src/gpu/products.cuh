// SPDX-License-Identifier: BSD-2-Clause
// What all products do alike.

#ifndef AOTI_GPU_PRODUCTS_CUH
#define AOTI_GPU_PRODUCTS_CUH

#include "gpu/kernels_common.cuh"

template <class T>
static __device__ __forceinline__ void store_product(const struct gpu_product &p, int64_t row,
                                                     int64_t column, float sum)
{
    sum *= p.alpha;
    if (p.scales != NULL)
        sum *= widen(((const T *)p.scales)[column]);
    if (p.addend != NULL)
        sum += p.beta
               * widen(((const T *)p.addend)[row * p.addend_stride[0]
                                             + column * p.addend_stride[1]]);
    ((T *)p.out)[row * p.out_stride[0] + column * p.out_stride[1]] = narrow<T>(sum);
}

#endif
