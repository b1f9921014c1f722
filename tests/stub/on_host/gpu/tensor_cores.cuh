// SPDX-License-Identifier: BSD-2-Clause
// In place of src/gpu/tensor_cores.cuh: the same by what the PTX manual says each lane has, in its
// figures of ldmatrix and of mma.m16n8k16.

#ifndef AOTI_TESTS_TENSOR_CORES_CUH
#define AOTI_TESTS_TENSOR_CORES_CUH

#include "gpu/kernels_common.cuh"

static inline void load_matrices(uint32_t parts[4], const void *from)
{
    const char *rows[on_host::WARP];
    const unsigned lane = threadIdx.x % on_host::WARP;
    on_host::values_of_lanes((const char *)from, rows);
    for (unsigned matrix = 0; matrix < 4; matrix++)
        memcpy(&parts[matrix], rows[8 * matrix + lane / 4] + lane % 4 * 4, 4);
}

static inline void load_transposed(uint32_t parts[4], const void *from)
{
    const char *rows[on_host::WARP];
    const unsigned lane = threadIdx.x % on_host::WARP;
    on_host::values_of_lanes((const char *)from, rows);
    for (unsigned i = 0; i < 8; i++)
        memcpy((char *)parts + 2 * i, rows[i / 2 * 8 + lane % 4 * 2 + i % 2] + lane / 4 * 2, 2);
}

static inline void store_transposed(void *to, const uint32_t parts[4])
{
    char *rows[on_host::WARP];
    const unsigned lane = threadIdx.x % on_host::WARP;
    on_host::values_of_lanes((char *)to, rows);
    for (unsigned i = 0; i < 8; i++)
        memcpy(rows[i / 2 * 8 + lane % 4 * 2 + i % 2] + lane / 4 * 2, (const char *)parts + 2 * i,
               2);
}

// What a lane has of both sides, two elements in each number.
struct share {
    uint32_t left[4], right[2];
};

template <class T> static float element(const uint32_t &pair, unsigned index)
{
    T elements[2];
    memcpy(elements, &pair, sizeof elements);
    return widen(elements[index]);
}

template <class T>
static inline void multiply(float sum[4], const uint32_t left[4], uint32_t right0, uint32_t right1,
                            T)
{
    const struct share own = {{left[0], left[1], left[2], left[3]}, {right0, right1}};
    struct share all[on_host::WARP];
    const unsigned lane = threadIdx.x % on_host::WARP;
    on_host::values_of_lanes(own, all);
    for (unsigned i = 0; i < 4; i++) {
        const unsigned row = lane / 4 + i / 2 * 8, column = lane % 4 * 2 + i % 2;
        for (unsigned k = 0; k < 16; k++) {
            const unsigned holder = k % 8 / 2;
            sum[i] = fmaf(
                element<T>(all[row % 8 * 4 + holder].left[row / 8 + k / 8 * 2], k % 2),
                element<T>(all[column * 4 + holder].right[k / 8], k % 2), sum[i]);
        }
    }
}

#endif
