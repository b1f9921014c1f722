// SPDX-License-Identifier: BSD-2-Clause
// In place of src/gpu/fetching.cuh.

#ifndef AOTI_TESTS_FETCHING_CUH
#define AOTI_TESTS_FETCHING_CUH

#include <cuda_pipeline_primitives.h>

#include "gpu/kernels_common.cuh"

#define HAS_BULK_COPIES (ON_HOST_ARCHITECTURE >= 900)

static inline uint64_t leaves_first()
{
    return 0;
}

static inline unsigned shared_address(const void *shared)
{
    return (unsigned)(uintptr_t)shared;
}

static inline void fetch_vector(void *to, const void *from, bool is_none, uint64_t)
{
    on_host::copy_later(to, from, 16, is_none ? 16 : 0);
}

static inline void open_barrier(uint64_t *barrier, unsigned threads = 1)
{
    on_host::open_barrier(barrier, threads);
}

static inline void arrive_at(uint64_t *barrier)
{
    on_host::arrive_at(barrier);
}

static inline void expect_bytes(uint64_t *barrier, unsigned bytes)
{
    on_host::expect_bytes(barrier, bytes);
}

static inline void fetch_bulk(void *to, const void *from, unsigned bytes, uint64_t *barrier,
                              uint64_t)
{
    on_host::copy_bulk(to, from, bytes, barrier);
}

static inline void fetch_box(void *to, const struct gpu_map &map, int first, int row,
                             uint64_t *barrier, uint64_t)
{
    on_host::copy_box(to, (const stub_map &)map, first, row, barrier);
}

static inline void fetch_box(void *to, const struct gpu_map &map, int first, int row,
                             uint64_t *barrier)
{
    on_host::copy_box(to, (const stub_map &)map, first, row, barrier);
}

static inline void wait_for_phase(uint64_t *barrier, unsigned number)
{
    on_host::wait_for_phase(barrier, number);
}

#endif
