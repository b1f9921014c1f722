// SPDX-License-Identifier: BSD-2-Clause
// Products of two or more rows by transposed weights on the tensor cores of compute capability 9.0.
//
// How it works. The kernel computes the product transposed: weights are the left operand of wgmma,
// whose height is always 64, and the rows are its right operand, whose width can be 16 to 256. So a
// few rows waste little, and int8 weights can be widened in registers, which only the left operand
// may come from. A tile of the product is 64 columns for each of one or two warpgroups by ROWS
// rows. One thread of another warpgroup fetches boxes of both operands by TMA, MANY_DEPTH elements
// deep along the inner dimension, into a ring of stages in shared memory. Each stage has two
// barriers: full, on which the warpgroups wait, and empty, on which the fetching thread waits.
// Blocks are persistent: each takes every gridDim.x-th tile, and the ring already fills for the
// next tile while the sums of the last one are stored.
//
// Example: 512 rows, 3,072 inner, 5,120 columns, tiles of 128 columns by 192 rows. There are 40 x 3
// tiles for 120 blocks. Each block goes through 48 stages of (128 + 192) x 64 elements. A stage
// takes 40 KiB, so the ring has 5.
//
// Every element is the sum of its terms in the order of the inner dimension, 16 an instruction,
// whatever the tile. The bits of a row therefore do not depend on how many rows there are, and the
// host may choose the tile by their number. Splitting the inner dimension where there are few tiles
// would need the same split for many rows, too.
//
// Sources: the PTX ISA on wgmma, mbarrier and cp.async.bulk.tensor; CUTLASS's warp-specialized
// persistent kernels (github.com/NVIDIA/cutlass, include/cutlass/gemm/kernel) for the ring and the
// split of registers. CUTLASS itself is not used: this file needs one shape of kernel of it.
//
// Measured on an H200, whose bfloat16 products reach 790 TFLOP/s: a 3B shape's prompts of 512 and
// 1,900 ids, attention and all else included, run at 370 and 396 TFLOP/s. Rejected: clusters of two
// blocks that share what they fetch of the rows were 2 to 8 % slower, clusters of four up to 40 %.
// Tiles of 128 columns by 64 or 128 rows were never the fastest.

#include "gpu/fetching.cuh"
#include "gpu/products.cuh"
#include "gpu/tensor_cores.cuh"
#include "gpu/warpgroups.cuh"

#if HAS_WARPGROUPS

enum { GROUP = 128, STEP = 16, STEPS = MANY_DEPTH / STEP, LINE = 128, TAKEN = 232, LEFT_OVER = 40 };

// Addresses in shared memory: weights, rows, space for each warp's results, barriers.
template <class W, int GROUPS, int ROWS> struct ring {
    static const int stages = MANY_STAGES(sizeof(W), GROUPS, ROWS);
    static const int weights_bytes = GROUPS * MANY_COLUMNS * MANY_DEPTH * sizeof(W);
    static const int rows_bytes = ROWS * LINE;

    static __device__ __forceinline__ unsigned char *weights(int stage)
    {
        return shared_memory + stage * weights_bytes;
    }
    static __device__ __forceinline__ unsigned char *rows(int stage)
    {
        return shared_memory + stages * weights_bytes + stage * rows_bytes;
    }
    static __device__ __forceinline__ unsigned char *out(int warp)
    {
        return rows(stages) + warp * MANY_OUT_BYTES;
    }
    static __device__ __forceinline__ uint64_t *full(int stage)
    {
        return (uint64_t *)out(GROUPS * GROUP / 32) + stage;
    }
    static __device__ __forceinline__ uint64_t *empty(int stage)
    {
        return full(stages) + stage;
    }
};

// A thread's place in the ring: the stage, and the number of rounds completed.
template <int STAGES> struct turn {
    int stage = 0;
    unsigned round = 0;

    __device__ __forceinline__ void advance()
    {
        if (++stage == STAGES) {
            stage = 0;
            round++;
        }
    }
};

// The tiles of a block. Tiles are numbered down the rows first: blocks that run at once share
// weights.
template <int GROUPS, int ROWS> struct tiles {
    static const int WIDE = GROUPS * MANY_COLUMNS;
    unsigned down, count, index, step;

    __device__ __forceinline__ tiles(const struct gpu_product &p)
    {
        down = (unsigned)((p.rows + ROWS - 1) / ROWS);
        count = (unsigned)((p.columns + WIDE - 1) / WIDE) * down;
        index = blockIdx.x;
        step = gridDim.x;
    }
    __device__ __forceinline__ int row() const
    {
        return (int)(index % down) * ROWS;
    }
    __device__ __forceinline__ int column() const
    {
        return (int)(index / down) * WIDE;
    }
};

// ---- One thread fetches ----

template <class W, int GROUPS, int ROWS>
static __device__ __forceinline__ void fetch_all(const struct gpu_many_rows &many, int steps)
{
    typedef ring<W, GROUPS, ROWS> ring;
    turn<ring::stages> turn;
    tiles<GROUPS, ROWS> tile(many.product);
    int ahead = 0;  // stages whose weights were requested before the predecessor ended

    if (many.product.right_is_constant && tile.index < tile.count)
        for (; ahead < ring::stages && ahead < steps; ahead++) {
            expect_bytes(ring::full(ahead), ring::weights_bytes + ring::rows_bytes);
            fetch_box(ring::weights(ahead), many.right, ahead * MANY_DEPTH * (int)sizeof(W),
                      tile.column(), ring::full(ahead));
        }
    wait_for_predecessor();
    for (; tile.index < tile.count; tile.index += tile.step) {
        for (int step = 0; step < steps; step++, turn.advance()) {
            uint64_t *const full = ring::full(turn.stage);
            if (turn.round > 0)
                wait_for_phase(ring::empty(turn.stage), turn.round - 1);
            if (ahead > 0) {
                ahead--;
            } else {
                expect_bytes(full, ring::weights_bytes + ring::rows_bytes);
                fetch_box(ring::weights(turn.stage), many.right,
                          step * MANY_DEPTH * (int)sizeof(W), tile.column(), full);
            }
            fetch_box(ring::rows(turn.stage), many.left, step * LINE, tile.row(), full);
        }
    }
}

// ---- The other warpgroups multiply ----

// Loads this thread's share of a left operand [64, 16] of int8 and widens it. TILE has lines of 64
// bytes, whose vectors fetch_box() has permuted; the operand starts at byte FIRST of each line.
template <class T>
static __device__ __forceinline__ void load_widened(uint32_t left[4], const unsigned char *tile,
                                                    int first)
{
    const int lane = threadIdx.x % 32, warp = threadIdx.x % GROUP / 32;
#pragma unroll
    for (int below = 0; below < 2; below++) {
        const int line = 16 * warp + lane / 4 + 8 * below;
        const unsigned char *const from =
            tile + line * MANY_DEPTH + (first ^ (line / 2 % 4 * VECTOR_BYTES)) + lane % 4 * 2;
        const uint32_t low = *(const uint16_t *)from, high = *(const uint16_t *)(from + 8);
        widen_pairs(left[below], left[2 + below], low | high << 16, T());
    }
}

// Starts the products of one stage, 64 columns by ROWS rows, and does not wait for them.
template <class T, int ROWS>
static __device__ __forceinline__ void multiply_stage(float (&sums)[ROWS / 2], const T *weights,
                                                      const unsigned char *rows)
{
    const uint64_t left = describe_tile(weights), right = describe_tile(rows);
    hold(sums);
    fence_groups();
#pragma unroll
    for (int i = 0; i < STEPS; i++)
        multiply_group(sums, move_along(left, i * STEP * 2), move_along(right, i * STEP * 2), T());
    commit_group();
    hold(sums);
}

// Widening has to wait until the previous stage's registers are free. Meanwhile the other warpgroup
// keeps the tensor cores busy.
template <class T, int ROWS>
static __device__ __forceinline__ void multiply_stage(float (&sums)[ROWS / 2],
                                                      const int8_t *weights,
                                                      const unsigned char *rows)
{
    const uint64_t right = describe_tile(rows);
    uint32_t left[STEPS][4];
    wait_for_groups<0>();
#pragma unroll
    for (int i = 0; i < STEPS; i++)
        load_widened<T>(left[i], (const unsigned char *)weights, i * STEP);
    hold(sums);
    fence_groups();
#pragma unroll
    for (int i = 0; i < STEPS; i++)
        multiply_group(sums, left[i], move_along(right, i * STEP * 2), T());
    commit_group();
    hold(sums);
}

// Turns sums into results. A lane has two columns: COLUMN, and COLUMN + 8.
template <class T> struct finish {
    float factors[2], added[2];
    bool adds_rows;  // the addend differs from row to row

    __device__ __forceinline__ finish(const struct gpu_product &p, int64_t column)
        : adds_rows(p.addend != NULL && p.addend_stride[0] != 0)
    {
#pragma unroll
        for (int i = 0; i < 2; i++, column += 8) {
            const bool is_inside = column < p.columns;
            factors[i] = p.alpha;
            added[i] = 0;
            if (p.scales != NULL && is_inside)
                factors[i] *= widen(((const T *)p.scales)[column]);
            if (p.addend != NULL && !adds_rows && is_inside)
                added[i] = p.beta * widen(((const T *)p.addend)[column * p.addend_stride[1]]);
        }
    }
    __device__ __forceinline__ T operator()(const struct gpu_product &p, int64_t row,
                                            int64_t column, int i, float sum) const
    {
        sum = fmaf(sum, factors[i], added[i]);
        if (adds_rows && row < p.rows && column < p.columns)
            sum += p.beta
                   * widen(((const T *)p.addend)[row * p.addend_stride[0]
                                                 + column * p.addend_stride[1]]);
        return narrow<T>(sum);
    }
};

// Stores a warp's 16 columns by ROWS rows. They are transposed in shared memory, 16 rows at a time,
// so that the 32 bytes of a row are written together.
template <class T, int ROWS>
static __device__ __forceinline__ void store_tile(const struct gpu_product &p,
                                                  const float (&sums)[ROWS / 2], T *out,
                                                  int64_t row, int64_t column)
{
    const int lane = threadIdx.x % 32, WIDE = 16;
    const finish<T> finish(p, column + lane / 4);
    T *const turned = out + (lane / 16 * 8 + lane % 8) * WIDE + lane / 8 % 2 * 8;
    const int64_t own_column = column + lane % 2 * 8;
    const int left = (int)min(p.rows - row, (int64_t)ROWS), own_row = lane / 2;
    const int count = (int)max(min(p.columns - own_column, (int64_t)8), (int64_t)0);
    T *to = (T *)p.out + (row + own_row) * p.out_stride[0] + own_column;
#pragma unroll
    for (int first = 0; first < ROWS; first += WIDE, to += WIDE * p.out_stride[0]) {
        if (first >= left)
            return;
        uint32_t parts[4];
#pragma unroll
        for (int i = 0; i < 4; i++) {
            const float *const sum = sums + first / 2 + i / 2 * 4 + i % 2 * 2;
            const int64_t r = row + first + i / 2 * 8 + lane % 4 * 2;
            const int64_t c = column + i % 2 * 8 + lane / 4;
            parts[i] = pair_of(finish(p, r, c, i % 2, sum[0]), finish(p, r + 1, c, i % 2, sum[1]));
        }
        store_transposed(turned, parts);
        __syncwarp();
        if (first + own_row < left && count == 8)
            *(uint4 *)to = *(const uint4 *)(out + lane * 8);
        else if (first + own_row < left)
            for (int i = 0; i < count; i++)
                to[i] = out[lane * 8 + i];
        __syncwarp();
    }
}

template <class T, class W, int GROUPS, int ROWS>
static __device__ __forceinline__ void multiply_all(const struct gpu_many_rows &many, int steps)
{
    typedef ring<W, GROUPS, ROWS> ring;
    const int warp = threadIdx.x / 32, group = warp / 4, lane = threadIdx.x % 32;
    turn<ring::stages> turn;
    int before = -1;  // the stage whose products may still be running
    float sums[ROWS / 2];

    auto release = [&] {
        if (lane == 0 && before >= 0)
            arrive_at(ring::empty(before));
    };

    wait_for_predecessor();
    for (tiles<GROUPS, ROWS> tile(many.product); tile.index < tile.count;
         tile.index += tile.step) {
#pragma unroll
        for (int i = 0; i < ROWS / 2; i++)
            sums[i] = 0;
        for (int step = 0; step < steps; step++, turn.advance()) {
            wait_for_phase(ring::full(turn.stage), turn.round);
            multiply_stage<T, ROWS>(
                sums, (const W *)ring::weights(turn.stage) + group * MANY_COLUMNS * MANY_DEPTH,
                ring::rows(turn.stage));
            wait_for_groups<1>();
            release();
            before = turn.stage;
        }
        wait_for_groups<0>();
        hold(sums);
        release();
        before = -1;
        store_tile<T, ROWS>(many.product, sums, (T *)ring::out(warp), tile.row(),
                            tile.column() + group * MANY_COLUMNS + warp % 4 * 16);
    }
}

template <class T, class W, int GROUPS, int ROWS>
static __device__ __forceinline__ void product_many_rows(const struct gpu_many_rows &many)
{
    typedef ring<W, GROUPS, ROWS> ring;
    const int steps = (int)((many.product.inner + MANY_DEPTH - 1) / MANY_DEPTH);
    launch_successor();
    if (threadIdx.x == 0)
        for (int stage = 0; stage < ring::stages; stage++) {
            open_barrier(ring::full(stage));
            open_barrier(ring::empty(stage), GROUPS * GROUP / 32);
        }
    __syncthreads();
    if (threadIdx.x < GROUPS * GROUP) {
        if (GROUPS == MANY_GROUPS_MAX)
            take_registers<TAKEN>();
        multiply_all<T, W, GROUPS, ROWS>(many, steps);
    } else {
        if (GROUPS == MANY_GROUPS_MAX)
            give_registers<LEFT_OVER>();
        if (threadIdx.x == GROUPS * GROUP)
            fetch_all<W, GROUPS, ROWS>(many, steps);
    }
}

#define KERNEL(W, T, GROUPS, ROWS)                                                               \
    extern "C" __global__ void __launch_bounds__(MANY_THREADS(GROUPS),                           \
                                                 MANY_GROUPS_MAX / GROUPS)                       \
        product_many_rows_sm90_##W##_##T##_##GROUPS##_##ROWS(                                    \
            const __grid_constant__ struct gpu_many_rows many)                                   \
    {                                                                                            \
        product_many_rows<T, W, GROUPS, ROWS>(many);                                             \
    }
#define KERNELS(W, T)                                                                            \
    KERNEL(W, T, 1, 16)                                                                          \
    KERNEL(W, T, 1, 32)                                                                          \
    KERNEL(W, T, 1, 64)                                                                          \
    KERNEL(W, T, 1, 128)                                                                         \
    KERNEL(W, T, 2, 192)                                                                         \
    KERNEL(W, T, 2, 256)

typedef int8_t int8;
KERNELS(bf16, bf16)
KERNELS(f16, f16)
KERNELS(int8, bf16)
KERNELS(int8, f16)

#endif
