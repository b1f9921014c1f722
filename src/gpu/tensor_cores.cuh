// SPDX-License-Identifier: BSD-2-Clause
// Products by a warp on tensor cores, in the terms of the PTX ISA.

#ifndef AOTI_GPU_TENSOR_CORES_CUH
#define AOTI_GPU_TENSOR_CORES_CUH

#include "gpu/addresses.cuh"
#include "gpu/kernels_common.cuh"

// Four matrices of 8 x 8 elements: lane L gives where row L % 8 of matrix L / 8 lies in shared
// memory, and gets of each matrix two elements of row L / 4.
static __device__ __forceinline__ void load_matrices(uint32_t parts[4], const void *from)
{
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
                 : "=r"(parts[0]), "=r"(parts[1]), "=r"(parts[2]), "=r"(parts[3])
                 : "r"(shared_address(from))
                 : "memory");
}

// The same matrices transposed: a lane gets elements of column L / 4.
static __device__ __forceinline__ void load_transposed(uint32_t parts[4], const void *from)
{
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0, %1, %2, %3}, [%4];"
                 : "=r"(parts[0]), "=r"(parts[1]), "=r"(parts[2]), "=r"(parts[3])
                 : "r"(shared_address(from))
                 : "memory");
}

// Stores four matrices of 8 x 8 elements, the reverse of load_transposed(): lane L gives the
// address of row L % 8 of matrix L / 8. Compute capability 9.0 and later.
static __device__ __forceinline__ void store_transposed(void *to, const uint32_t parts[4])
{
#if __CUDA_ARCH__ >= 900
    asm volatile("stmatrix.sync.aligned.m8n8.x4.trans.shared.b16 [%0], {%1, %2, %3, %4};" ::"r"(
                     shared_address(to)),
                 "r"(parts[0]), "r"(parts[1]), "r"(parts[2]), "r"(parts[3])
                 : "memory");
#endif
}

// SUM [16, 8] += LEFT [16, 16] x RIGHT [16, 8], of which each lane has its share.
static __device__ __forceinline__ void multiply(float sum[4], const uint32_t left[4],
                                                uint32_t right0, uint32_t right1, bf16)
{
    asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0, %1, %2, %3}, "
                 "{%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
                 : "+f"(sum[0]), "+f"(sum[1]), "+f"(sum[2]), "+f"(sum[3])
                 : "r"(left[0]), "r"(left[1]), "r"(left[2]), "r"(left[3]), "r"(right0),
                   "r"(right1));
}

static __device__ __forceinline__ void multiply(float sum[4], const uint32_t left[4],
                                                uint32_t right0, uint32_t right1, f16)
{
    asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%0, %1, %2, %3}, "
                 "{%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
                 : "+f"(sum[0]), "+f"(sum[1]), "+f"(sum[2]), "+f"(sum[3])
                 : "r"(left[0]), "r"(left[1]), "r"(left[2]), "r"(left[3]), "r"(right0),
                   "r"(right1));
}

#endif
