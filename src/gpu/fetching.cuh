// SPDX-License-Identifier: BSD-2-Clause
// Fetching what is read once, weights, from the memory of the GPU into shared memory, a few vectors
// of 16 bytes for each thread or, from capability 9.0 on, thousands of bytes by one. The latter do not
// pass through the cache of the multiprocessor, where the loads of other kernels would queue up
// behind them. In words of the PTX manual.

#ifndef AOTI_GPU_FETCHING_CUH
#define AOTI_GPU_FETCHING_CUH

#include <cuda_pipeline_primitives.h>

#include "gpu/addresses.cuh"
#include "gpu/kernels_common.cuh"

#define HAS_BULK_COPIES (__CUDA_ARCH__ >= 900)

// How the cache of the GPU is to take what is fetched: it is the first to leave again, so that
// results and the keys and values in use stay.
static __device__ __forceinline__ uint64_t leaves_first(void)
{
    uint64_t policy;
    asm("createpolicy.fractional.L2::evict_first.b64 %0, 1.0;" : "=l"(policy));
    return policy;
}

// Fetches a vector, as __pipeline_memcpy_async does, or has it be zeros where there IS NONE.
static __device__ __forceinline__ void fetch_vector(void *to, const void *from, bool is_none,
                                                    uint64_t policy)
{
    asm volatile("cp.async.cg.shared.global.L2::cache_hint [%0], [%1], 16, %2, %3;" ::"r"(
                     shared_address(to)),
                 "l"(from), "r"(is_none ? 0 : VECTOR_BYTES), "l"(policy)
                 : "memory");
}

#if HAS_BULK_COPIES
// Initializes a barrier in shared memory. Each of its phases ends when THREADS threads and all
// expected bytes have arrived. One thread calls this, before any other thread uses the barrier.
static __device__ __forceinline__ void open_barrier(uint64_t *barrier, unsigned threads = 1)
{
    asm volatile("mbarrier.init.shared::cta.b64 [%0], %1;\n\t"
                 "fence.mbarrier_init.release.cluster;" ::"r"(shared_address(barrier)),
                 "r"(threads)
                 : "memory");
}

static __device__ __forceinline__ void arrive_at(uint64_t *barrier)
{
    asm volatile("mbarrier.arrive.shared::cta.b64 _, [%0];" ::"r"(shared_address(barrier))
                 : "memory");
}

// Arrives at the barrier; its present phase also waits for BYTES.
static __device__ __forceinline__ void expect_bytes(uint64_t *barrier, unsigned bytes)
{
    asm volatile("mbarrier.arrive.expect_tx.shared::cta.b64 _, [%0], %1;" ::"r"(
                     shared_address(barrier)),
                 "r"(bytes)
                 : "memory");
}

// Fetches BYTES, whole vectors.
static __device__ __forceinline__ void fetch_bulk(void *to, const void *from, unsigned bytes,
                                                  uint64_t *barrier, uint64_t policy)
{
    asm volatile("cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes.L2::cache_hint "
                 "[%0], [%1], %2, [%3], %4;" ::"r"(shared_address(to)),
                 "l"(from), "r"(bytes), "r"(shared_address(barrier)), "l"(policy)
                 : "memory");
}

// Fetches the box of MAP that begins at byte FIRST of row ROW; bytes outside of the matrix are 0.
// Vectors of a line are permuted to avoid bank conflicts: bits 4 to 6 of a byte's address (4 and
// 5 where lines have 64 bytes) are xored with bits 7 to 9 (7 and 8). (PTX ISA, "Swizzling modes".)
static __device__ __forceinline__ void fetch_box(void *to, const struct gpu_map &map, int first,
                                                 int row, uint64_t *barrier, uint64_t policy)
{
    asm volatile("cp.async.bulk.tensor.2d.shared::cluster.global.tile.mbarrier::complete_tx::bytes"
                 ".L2::cache_hint [%0], [%1, {%2, %3}], [%4], %5;" ::"r"(shared_address(to)),
                 "l"(&map), "r"(first), "r"(row), "r"(shared_address(barrier)), "l"(policy)
                 : "memory");
}

// The same without a hint to the cache, for what is read again soon.
static __device__ __forceinline__ void fetch_box(void *to, const struct gpu_map &map, int first,
                                                 int row, uint64_t *barrier)
{
    asm volatile("cp.async.bulk.tensor.2d.shared::cluster.global.tile.mbarrier::complete_tx::bytes"
                 " [%0], [%1, {%2, %3}], [%4];" ::"r"(shared_address(to)),
                 "l"(&map), "r"(first), "r"(row), "r"(shared_address(barrier))
                 : "memory");
}

// Waits for the end of phase NUMBER, counted from 0.
static __device__ __forceinline__ void wait_for_phase(uint64_t *barrier, unsigned number)
{
    asm volatile("{\n\t.reg .pred is_over;\n"
                 "again:\n\t"
                 "mbarrier.try_wait.parity.shared::cta.b64 is_over, [%0], %1;\n\t"
                 "@!is_over bra again;\n\t}" ::"r"(shared_address(barrier)),
                 "r"(number & 1)
                 : "memory");
}
#endif

#endif
