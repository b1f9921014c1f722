// SPDX-License-Identifier: BSD-2-Clause
// Addresses in the form that PTX takes.

#ifndef AOTI_GPU_ADDRESSES_CUH
#define AOTI_GPU_ADDRESSES_CUH

static __device__ __forceinline__ unsigned shared_address(const void *shared)
{
    return (unsigned)__cvta_generic_to_shared(shared);
}

#endif
