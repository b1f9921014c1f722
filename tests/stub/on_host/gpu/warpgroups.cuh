// SPDX-License-Identifier: BSD-2-Clause
// In place of src/gpu/warpgroups.cuh. Operands are laid out as the PTX ISA draws them for
// wgmma.m64nNk16. The descriptor of a tile is its address. Products are done at once.

#ifndef AOTI_TESTS_WARPGROUPS_CUH
#define AOTI_TESTS_WARPGROUPS_CUH

#include "gpu/kernels_common.cuh"
#include "gpu/tensor_cores.cuh"

#define HAS_WARPGROUPS (ON_HOST_ARCHITECTURE == 900)

static inline uint64_t describe_tile(const void *tile)
{
    if ((uintptr_t)tile % 1024 != 0)
        abort();  // the GPU would take it for another one
    return (uint64_t)(uintptr_t)tile;
}

static inline uint64_t move_along(uint64_t tile, unsigned offset)
{
    return tile + offset;
}

static inline void fence_groups(void)
{
    on_host::wait_for_warp();
}

static inline void commit_group(void)
{
    on_host::wait_for_warp();
}

template <int UNDER_WAY> static inline void wait_for_groups(void)
{
    on_host::wait_for_warp();
}

template <class T, int COUNT> static inline void hold(T (&)[COUNT])
{
}

template <int COUNT> static inline void take_registers(void)
{
}

template <int COUNT> static inline void give_registers(void)
{
}

// Reads the 16 elements of a line of a tile. Returns true if any is not 0.
template <class T> static bool read_line(float (&elements)[16], uint64_t tile, unsigned line)
{
    bool is_any = false;
    for (unsigned k = 0; k < 16; k++) {
        uint64_t at = tile + line * 128 + 2 * k;
        at ^= (at >> 7 & 7) << 4;
        elements[k] = widen(*(const T *)(uintptr_t)at);
        is_any |= elements[k] != 0;
    }
    return is_any;
}

// Multiplies LEFT, rows lane / 4 and lane / 4 + 8 of the warp. Columns of zeros are skipped: tiles
// that reach past the operands have many.
template <class T, int COUNT>
static void multiply_lines(float (&sum)[COUNT], const float (&left)[2][16], uint64_t right)
{
    const unsigned lane = threadIdx.x % on_host::WARP;
    for (unsigned i = 0; i < COUNT / 2; i++) {
        float elements[16];
        const unsigned j = i / 2, e = i % 2;
        if (read_line<T>(elements, right, 8 * j + lane % 4 * 2 + e))
            for (unsigned below = 0; below < 2; below++)
                for (unsigned k = 0; k < 16; k++)
                    sum[4 * j + 2 * below + e] =
                        fmaf(left[below][k], elements[k], sum[4 * j + 2 * below + e]);
    }
}

template <class T, int COUNT>
static inline void multiply_group(float (&sum)[COUNT], uint64_t left, uint64_t right, T)
{
    float rows[2][16];
    for (unsigned below = 0; below < 2; below++)
        read_line<T>(rows[below], left,
                     threadIdx.x % 128 / 32 * 16 + threadIdx.x % 32 / 4 + 8 * below);
    multiply_lines<T>(sum, rows, right);
}

template <class T, int COUNT>
static inline void multiply_group(float (&sum)[COUNT], const uint32_t left[4], uint64_t right, T)
{
    const struct share own = {{left[0], left[1], left[2], left[3]}, {}};
    struct share all[on_host::WARP];
    float rows[2][16];
    on_host::values_of_lanes(own, all);
    for (unsigned below = 0; below < 2; below++)
        for (unsigned k = 0; k < 16; k++)
            rows[below][k] = element<T>(
                all[threadIdx.x % 32 / 4 * 4 + k % 8 / 2].left[below + k / 8 * 2], k % 2);
    multiply_lines<T>(sum, rows, right);
}

#endif
