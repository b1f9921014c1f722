// SPDX-License-Identifier: BSD-2-Clause
// Clusters of blocks, which capability 9.0 brought: all of a cluster run at once and can write to
// each other's shared memory. Here they send what they have to their first block. Memory of the GPU
// has no part in it, for a fence there waits for all that other kernels have under way.

#ifndef AOTI_GPU_CLUSTERS_CUH
#define AOTI_GPU_CLUSTERS_CUH

#include "gpu/addresses.cuh"
#include "gpu/kernels_common.cuh"

// To be called by all threads of the cluster, whose first block is to get so many BYTES. ARRIVED, in
// its shared memory, counts them.
static __device__ __forceinline__ void open_inbox(uint64_t *arrived, unsigned bytes)
{
#if __CUDA_ARCH__ >= 900
    if (blockIdx.x == 0 && threadIdx.x == 0) {
        const unsigned at = shared_address(arrived);
        asm volatile("mbarrier.init.shared::cta.b64 [%0], 1;" ::"r"(at) : "memory");
        asm volatile("fence.mbarrier_init.release.cluster;" ::: "memory");
        asm volatile("mbarrier.arrive.expect_tx.shared::cta.b64 _, [%0], %1;" ::"r"(at), "r"(bytes)
                     : "memory");
    }
    asm volatile("barrier.cluster.arrive.relaxed.aligned;" ::: "memory");
#endif
}

// Waits until the first block has opened its inbox. All threads of the cluster have to come here
// before they send.
static __device__ __forceinline__ void wait_for_inbox(void)
{
#if __CUDA_ARCH__ >= 900
    asm volatile("barrier.cluster.wait.aligned;" ::: "memory");
#endif
}

// Puts VALUE where the first block has what TO is in this one.
static __device__ __forceinline__ void send(float4 *to, float4 value, uint64_t *arrived)
{
#if __CUDA_ARCH__ >= 900
    asm volatile("{\n\t.reg .b32 there, barrier;\n\t"
                 "mapa.shared::cluster.u32 there, %0, 0;\n\t"
                 "mapa.shared::cluster.u32 barrier, %1, 0;\n\t"
                 "st.async.weak.shared::cluster.mbarrier::complete_tx::bytes.v4.f32 [there], "
                 "{%2, %3, %4, %5}, [barrier];\n\t}" ::"r"(shared_address(to)),
                 "r"(shared_address(arrived)), "f"(value.x), "f"(value.y), "f"(value.z),
                 "f"(value.w)
                 : "memory");
#endif
}

static __device__ __forceinline__ void send(float *to, float value, uint64_t *arrived)
{
#if __CUDA_ARCH__ >= 900
    asm volatile("{\n\t.reg .b32 there, barrier;\n\t"
                 "mapa.shared::cluster.u32 there, %0, 0;\n\t"
                 "mapa.shared::cluster.u32 barrier, %1, 0;\n\t"
                 "st.async.weak.shared::cluster.mbarrier::complete_tx::bytes.f32 [there], %2, "
                 "[barrier];\n\t}" ::"r"(shared_address(to)),
                 "r"(shared_address(arrived)), "f"(value)
                 : "memory");
#endif
}

// Waits, in the first block, until all has arrived.
static __device__ __forceinline__ void wait_for_arrival(uint64_t *arrived)
{
#if __CUDA_ARCH__ >= 900
    asm volatile("{\n\t.reg .pred is_there;\n"
                 "again:\n\t"
                 "mbarrier.try_wait.parity.acquire.cluster.shared::cta.b64 is_there, [%0], 0;\n\t"
                 "@!is_there bra again;\n\t}" ::"r"(shared_address(arrived))
                 : "memory");
#endif
}

#endif
