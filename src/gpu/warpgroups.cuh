// SPDX-License-Identifier: BSD-2-Clause
// wgmma, the products of a warpgroup (four warps) on the tensor cores of compute capability 9.0.
// Only code for sm_90a has them: HAS_WARPGROUPS.
//
// SUM [64, COLUMNS] += LEFT [64, 16] x RIGHT [16, COLUMNS], in float32. RIGHT lies transposed in
// shared memory: a line of 128 bytes a column, and 32 bytes of each line are the operand. LEFT lies
// in shared memory the same way, or comes in registers in the layout of mma.m16n8k16, 16 rows a
// warp. A product runs asynchronously: between fence_groups() and wait_for_groups() its sums and
// registers may not be touched. (PTX ISA, "Asynchronous warpgroup level matrix instructions".)

#ifndef AOTI_GPU_WARPGROUPS_CUH
#define AOTI_GPU_WARPGROUPS_CUH

#include "gpu/addresses.cuh"
#include "gpu/kernels_common.cuh"

#ifdef __CUDA_ARCH_FEAT_SM90_ALL
#define HAS_WARPGROUPS 1
#else
#define HAS_WARPGROUPS 0
#endif

#if HAS_WARPGROUPS
// Returns the descriptor of a tile of lines of 128 bytes whose vectors fetch_box() has permuted.
// TILE is a multiple of 1024. (PTX ISA, "Matrix-descriptor-encode": address, leading and stride
// byte offsets in units of 16 bytes, and the mode of permutation.)
static __device__ __forceinline__ uint64_t describe_tile(const void *tile)
{
    const uint64_t eight_lines = 1024 >> 4, permuted_in_128 = 1;
    return (shared_address(tile) & 0x3ffff) >> 4 | (uint64_t)1 << 16 | eight_lines << 32
           | permuted_in_128 << 62;
}

// Returns the descriptor of the same tile starting at byte OFFSET, a multiple of 32, of each line.
static __device__ __forceinline__ uint64_t move_along(uint64_t tile, unsigned offset)
{
    return tile + (offset >> 4);
}

static __device__ __forceinline__ void fence_groups(void)
{
    asm volatile("wgmma.fence.sync.aligned;" ::: "memory");
}

static __device__ __forceinline__ void commit_group(void)
{
    asm volatile("wgmma.commit_group.sync.aligned;" ::: "memory");
}

// Waits until at most UNDER_WAY of the committed groups are still running.
template <int UNDER_WAY> static __device__ __forceinline__ void wait_for_groups(void)
{
    asm volatile("wgmma.wait_group.sync.aligned %0;" ::"n"(UNDER_WAY) : "memory");
}

// Keeps the compiler from moving uses of SUM past this point.
template <int COUNT> static __device__ __forceinline__ void hold(float (&sum)[COUNT])
{
#pragma unroll
    for (int i = 0; i < COUNT; i++)
        asm volatile("" : "+f"(sum[i])::"memory");
}

// Move registers of a block from the warpgroup that fetches to those that multiply (setmaxnreg).
template <int COUNT> static __device__ __forceinline__ void take_registers(void)
{
    asm volatile("setmaxnreg.inc.sync.aligned.u32 %0;" ::"n"(COUNT));
}

template <int COUNT> static __device__ __forceinline__ void give_registers(void)
{
    asm volatile("setmaxnreg.dec.sync.aligned.u32 %0;" ::"n"(COUNT));
}

#define NAMES_8(a, b, c, d, e, f, g, h)                                                          \
    "%" #a ", %" #b ", %" #c ", %" #d ", %" #e ", %" #f ", %" #g ", %" #h
#define NAMES_OF_16                                                                              \
    NAMES_8(0, 1, 2, 3, 4, 5, 6, 7)
#define NAMES_OF_32                                                                              \
    NAMES_OF_16 ", " NAMES_8(8, 9, 10, 11, 12, 13, 14, 15)
#define NAMES_OF_64                                                                              \
    NAMES_OF_32 ", " NAMES_8(16, 17, 18, 19, 20, 21, 22, 23) ", "                                \
    NAMES_8(24, 25, 26, 27, 28, 29, 30, 31)
#define NAMES_OF_128                                                                             \
    NAMES_OF_64 ", " NAMES_8(32, 33, 34, 35, 36, 37, 38, 39) ", "                                \
    NAMES_8(40, 41, 42, 43, 44, 45, 46, 47) ", " NAMES_8(48, 49, 50, 51, 52, 53, 54, 55) ", "    \
    NAMES_8(56, 57, 58, 59, 60, 61, 62, 63)
#define NAMES_OF_192                                                                             \
    NAMES_OF_128 ", " NAMES_8(64, 65, 66, 67, 68, 69, 70, 71) ", "                               \
    NAMES_8(72, 73, 74, 75, 76, 77, 78, 79) ", " NAMES_8(80, 81, 82, 83, 84, 85, 86, 87) ", "    \
    NAMES_8(88, 89, 90, 91, 92, 93, 94, 95)
#define NAMES_OF_256                                                                             \
    NAMES_OF_192 ", " NAMES_8(96, 97, 98, 99, 100, 101, 102, 103) ", "                           \
    NAMES_8(104, 105, 106, 107, 108, 109, 110, 111) ", "                                         \
    NAMES_8(112, 113, 114, 115, 116, 117, 118, 119) ", "                                         \
    NAMES_8(120, 121, 122, 123, 124, 125, 126, 127)

#define SUMS_4(i) "+f"(sum[i]), "+f"(sum[i + 1]), "+f"(sum[i + 2]), "+f"(sum[i + 3])
#define SUMS_16(i) SUMS_4(i), SUMS_4(i + 4), SUMS_4(i + 8), SUMS_4(i + 12)
#define SUMS_OF_16 SUMS_4(0), SUMS_4(4)
#define SUMS_OF_32 SUMS_16(0)
#define SUMS_OF_64 SUMS_16(0), SUMS_16(16)
#define SUMS_OF_128 SUMS_OF_64, SUMS_16(32), SUMS_16(48)
#define SUMS_OF_192 SUMS_OF_128, SUMS_16(64), SUMS_16(80)
#define SUMS_OF_256 SUMS_OF_192, SUMS_16(96), SUMS_16(112)

// N0 to N4 are the numbers of the operands after the sums.
#define MULTIPLY_GROUP(COLUMNS, T, TYPE, N0, N1, N2, N3, N4)                                     \
    static __device__ __forceinline__ void multiply_group(float (&sum)[COLUMNS / 2],             \
                                                          uint64_t left, uint64_t right, T)      \
    {                                                                                            \
        asm volatile("{\n\t.reg .pred adds;\n\tsetp.eq.b32 adds, 0, 0;\n\t"                      \
                     "wgmma.mma_async.sync.aligned.m64n" #COLUMNS "k16.f32." TYPE "." TYPE       \
                     " {" NAMES_OF_##COLUMNS "}, %" #N0 ", %" #N1 ", adds, 1, 1, 0, 0;\n\t}"     \
                     : SUMS_OF_##COLUMNS                                                         \
                     : "l"(left), "l"(right));                                                   \
    }                                                                                            \
    static __device__ __forceinline__ void multiply_group(float (&sum)[COLUMNS / 2],             \
                                                          const uint32_t left[4],                \
                                                          uint64_t right, T)                     \
    {                                                                                            \
        asm volatile("{\n\t.reg .pred adds;\n\tsetp.eq.b32 adds, 0, 0;\n\t"                      \
                     "wgmma.mma_async.sync.aligned.m64n" #COLUMNS "k16.f32." TYPE "." TYPE       \
                     " {" NAMES_OF_##COLUMNS "}, {%" #N0 ", %" #N1 ", %" #N2 ", %" #N3           \
                     "}, %" #N4 ", adds, 1, 1, 0;\n\t}"                                          \
                     : SUMS_OF_##COLUMNS                                                         \
                     : "r"(left[0]), "r"(left[1]), "r"(left[2]), "r"(left[3]), "l"(right));      \
    }

#define MULTIPLY_GROUPS(T, TYPE)                                                                 \
    MULTIPLY_GROUP(16, T, TYPE, 8, 9, 10, 11, 12)                                                \
    MULTIPLY_GROUP(32, T, TYPE, 16, 17, 18, 19, 20)                                              \
    MULTIPLY_GROUP(64, T, TYPE, 32, 33, 34, 35, 36)                                              \
    MULTIPLY_GROUP(128, T, TYPE, 64, 65, 66, 67, 68)                                             \
    MULTIPLY_GROUP(192, T, TYPE, 96, 97, 98, 99, 100)                                            \
    MULTIPLY_GROUP(256, T, TYPE, 128, 129, 130, 131, 132)

MULTIPLY_GROUPS(bf16, "bf16")
MULTIPLY_GROUPS(f16, "f16")
#endif

#endif
