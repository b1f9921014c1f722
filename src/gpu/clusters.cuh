// SPDX-License-Identifier: BSD-2-Clause
// Clusters of blocks (capability 9.0): all blocks of a cluster run at once and can write to each
// other's shared memory. Here they send their results to the first block. GPU memory is not
// involved, because a fence there waits for everything that other kernels have under way.

#ifndef AOTI_GPU_CLUSTERS_CUH
#define AOTI_GPU_CLUSTERS_CUH

#include "gpu/addresses.cuh"
#include "gpu/kernels_common.cuh"

// Called by all threads of the cluster. Prepares the first block to receive BYTES; ARRIVED, in its
// shared memory, counts them.
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

// Waits until the first block has opened its inbox. All threads of the cluster must call this
// before they send.
static __device__ __forceinline__ void wait_for_inbox(void)
{
#if __CUDA_ARCH__ >= 900
    asm volatile("barrier.cluster.wait.aligned;" ::: "memory");
#endif
}

// Stores VALUE in the first block at the place that TO is in this block.
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

// In the first block: waits until everything has arrived.
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
