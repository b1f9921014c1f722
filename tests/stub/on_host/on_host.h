// SPDX-License-Identifier: BSD-2-Clause
// CUDA C++ on the host: what our kernels use of it, for g++. Clusters run one after the other, and
// the blocks of a cluster take turns. A thread of a block is a context of its own that runs until
// it waits for others. The next one is random, so that a missing barrier shows. Copies to shared
// memory arrive when a thread waits for them, not before.

#ifndef AOTI_TESTS_ON_HOST_H
#define AOTI_TESTS_ON_HOST_H

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include <cuda_runtime_api.h>

extern "C" {
#include "stub.h"
}

#undef __shared__
#define __shared__ thread_local  // static inside functions, and extern where that is said
#undef __launch_bounds__
#define __launch_bounds__(...)
#define __grid_constant__

using std::isnan;

template <class A, class B> static inline auto min(A a, B b)
{
    return a < b ? a : b;
}

template <class A, class B> static inline auto max(A a, B b)
{
    return a < b ? b : a;
}

namespace on_host {

enum { WARP = 32, THREADS_MAX = 1024, SHARED_BYTES = 228 << 10 };

struct place {
    dim3 grid, block, threads;
    unsigned thread;
};
extern place here;

void wait_for_block();
void wait_for_warp();
bool any_of_block(bool value);

// In clusters: the first block gets BYTES, which blocks SEND to the same place in its shared
// memory.
void expect(size_t bytes);
void send(void *to, const void *from, size_t bytes);
void wait_for_arrival();

// Where each lane of this warp leaves what it shows the others.
struct slot {
    unsigned char bytes[32];
};
slot *slots_of_warp();

void copy_later(void *to, const void *from, size_t bytes, size_t zeros);
void commit_copies();
void wait_for_copies(size_t still_under_way);

// Barriers of threads and bytes, each block's own. What was copied arrives when it is waited for.
void open_barrier(uint64_t *barrier, unsigned threads);
void arrive_at(uint64_t *barrier);
void expect_bytes(uint64_t *barrier, size_t bytes);
void copy_bulk(void *to, const void *from, size_t bytes, uint64_t *barrier);
void copy_box(void *to, const stub_map &map, int first, int row, uint64_t *barrier);
void wait_for_phase(uint64_t *barrier, unsigned number);

// What each lane of the warp gives for VALUE.
template <class T> void values_of_lanes(const T &value, T (&all)[WARP])
{
    static_assert(sizeof value <= sizeof(slot), "a slot is too small");
    slot *const slots = slots_of_warp();
    memcpy(slots[here.thread % WARP].bytes, &value, sizeof value);
    wait_for_warp();
    for (unsigned lane = 0; lane < WARP; lane++)
        memcpy(&all[lane], slots[lane].bytes, sizeof value);
    wait_for_warp();
}

template <class T> T value_of_lane(T value, unsigned lane)
{
    T result;
    slot *const slots = slots_of_warp();
    memcpy(slots[here.thread % WARP].bytes, &value, sizeof value);
    wait_for_warp();
    memcpy(&result, slots[lane % WARP].bytes, sizeof result);
    wait_for_warp();
    return result;
}

}  // namespace on_host

#define gridDim on_host::here.grid
#define blockIdx on_host::here.block
#define blockDim on_host::here.threads
#define threadIdx (dim3(on_host::here.thread, 0, 0))

static inline void __syncthreads()
{
    on_host::wait_for_block();
}

static inline void __syncwarp()
{
    on_host::wait_for_warp();
}

static inline int __syncthreads_or(int value)
{
    return on_host::any_of_block(value != 0);
}

static inline unsigned __reduce_or_sync(unsigned, unsigned value)
{
    unsigned all[on_host::WARP], result = 0;
    on_host::values_of_lanes(value, all);
    for (unsigned lane = 0; lane < on_host::WARP; lane++)
        result |= all[lane];
    return result;
}

static inline int __ffs(int bits)
{
    return __builtin_ffs(bits);
}

template <class T> T __shfl_sync(unsigned, T value, unsigned lane)
{
    return on_host::value_of_lane(value, lane);
}

template <class T> T __shfl_xor_sync(unsigned, T value, unsigned mask)
{
    return on_host::value_of_lane(value, threadIdx.x % on_host::WARP ^ mask);
}

template <class T> T __shfl_up_sync(unsigned, T value, unsigned delta)
{
    const unsigned lane = threadIdx.x % on_host::WARP;
    return on_host::value_of_lane(value, lane < delta ? lane : lane - delta);
}

template <class T> T __shfl_down_sync(unsigned, T value, unsigned delta)
{
    const unsigned lane = threadIdx.x % on_host::WARP;
    return on_host::value_of_lane(value, lane + delta >= on_host::WARP ? lane : lane + delta);
}

static inline void __threadfence()
{
}

static inline void __threadfence_system()
{
}

template <class T> T __ldcg(const T *from)
{
    return *from;
}

template <class T, class U> T atomicAdd(T *to, U value)
{
    const T old = *to;
    *to += (T)value;
    return old;
}

// Byte I of the result is the one of the eight of A and B that nibble I of SELECTOR names.
static inline unsigned __byte_perm(unsigned a, unsigned b, unsigned selector)
{
    const uint64_t both = (uint64_t)b << 32 | a;
    unsigned result = 0;
    for (int i = 0; i < 4; i++)
        result |= (unsigned)(both >> (selector >> 4 * i & 7) * 8 & 255) << 8 * i;
    return result;
}

static inline float __int_as_float(int bits)
{
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static inline float __uint_as_float(unsigned bits)
{
    return __int_as_float((int)bits);
}

static inline unsigned __float_as_uint(float value)
{
    unsigned bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static inline unsigned long long __umul64hi(unsigned long long a, unsigned long long b)
{
    return (unsigned long long)((unsigned __int128)a * b >> 64);
}

#endif
