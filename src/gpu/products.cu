// SPDX-License-Identifier: BSD-2-Clause
// Products of many rows: on tensor cores, in tiles that stay in shared memory while the next ones
// are fetched; and a simple kernel for any other layout.

#include <cuda_pipeline_primitives.h>

#include "gpu/products.cuh"
#include "gpu/tensor_cores.cuh"

// ---- Tiles on tensor cores ----

// A tile has rows of TILE_DEPTH elements, 8 vectors each. The vectors of a row are permuted by its
// number, so that the 8 rows that ldmatrix reads at once are in different banks.
static __device__ __forceinline__ int place(int row, int v)
{
    return row * TILE_DEPTH + ((v ^ (row & 7)) * 8);
}

// Rows [FIRST, FIRST + ROWS) of a matrix [limit, inner], fetched TILE_DEPTH columns at a time; 0
// outside. Each thread has one vector of every THREADS / 8th row.
template <class T, int ROWS, int THREADS> struct source {
    const T *from;
    int64_t step;  // from one row of this thread to the next
    int row, v, limit, inner;

    __device__ __forceinline__ source(const void *matrix, int64_t stride, int64_t first,
                                      int64_t limit, int64_t inner)
        : step(stride * (THREADS / 8)), row(threadIdx.x / 8), v(threadIdx.x % 8),
          limit((int)(limit - first)), inner((int)inner)
    {
        from = (const T *)matrix + (first + row) * stride + v * 8;
    }

    __device__ __forceinline__ void fetch(T *tile, int depth) const
    {
        const bool is_deep = depth + v * 8 < inner;
#pragma unroll
        for (int i = 0; i < ROWS / (THREADS / 8); i++) {
            const int own = row + i * (THREADS / 8);
            const bool is_inside = is_deep && own < limit;
            // Reads nothing if the vector is outside.
            __pipeline_memcpy_async(tile + place(own, v),
                                    is_inside ? from + i * step + depth : from, 16,
                                    is_inside ? 0 : 16);
        }
    }
};

// Warps form two columns; each has 32 rows and half of the tile's columns.
template <class T, int ROWS, int COLUMNS, int STAGES>
static __device__ __forceinline__ void product_tile(const struct gpu_product &p)
{
    const int WIDE = COLUMNS / 16, DOWN = ROWS / 32;  // WIDE: runs of 8 columns per warp
    T *const lefts = (T *)shared_memory, *const rights = lefts + STAGES * ROWS * TILE_DEPTH;
    const int lane = threadIdx.x % 32, warp = threadIdx.x / 32;
    const int row = warp % DOWN * 32, column = warp / DOWN * (COLUMNS / 2);
    const int64_t first_row = (int64_t)blockIdx.y * ROWS;
    const int64_t first_column = (int64_t)blockIdx.x * COLUMNS;
    const int steps = (int)((p.inner + TILE_DEPTH - 1) / TILE_DEPTH);
    const source<T, ROWS, 2 * ROWS> left_source(p.left, p.left_stride[0], first_row, p.rows,
                                                p.inner);
    const source<T, COLUMNS, 2 * ROWS> right_source(p.right, p.right_stride[1], first_column,
                                                    p.columns, p.inner);
    float sums[2][WIDE][4] = {};

    auto fetch = [&](int step) {
        const int stage = step % STAGES;
        if (step < steps) {
            left_source.fetch(lefts + stage * ROWS * TILE_DEPTH, step * TILE_DEPTH);
            right_source.fetch(rights + stage * COLUMNS * TILE_DEPTH, step * TILE_DEPTH);
        }
        __pipeline_commit();
    };
    for (int step = 0; step < STAGES - 1; step++)
        fetch(step);
    for (int step = 0; step < steps; step++) {
        __pipeline_wait_prior(STAGES - 2);
        __syncthreads();
        fetch(step + STAGES - 1);
        const T *const left = lefts + step % STAGES * ROWS * TILE_DEPTH;
        const T *const right = rights + step % STAGES * COLUMNS * TILE_DEPTH;
#pragma unroll
        for (int depth = 0; depth < TILE_DEPTH / 16; depth++) {
            uint32_t l[2][4];
#pragma unroll
            for (int i = 0; i < 2; i++)
                load_matrices(l[i],
                              left + place(row + 16 * i + lane % 16, 2 * depth + lane / 16));
#pragma unroll
            for (int j = 0; j < WIDE; j += 2) {
                uint32_t r[4];
                load_matrices(r, right
                                     + place(column + 8 * j + lane / 16 * 8 + lane % 8,
                                             2 * depth + lane / 8 % 2));
#pragma unroll
                for (int i = 0; i < 2; i++) {
                    multiply(sums[i][j], l[i], r[0], r[1], T());
                    multiply(sums[i][j + 1], l[i], r[2], r[3], T());
                }
            }
        }
    }
#pragma unroll
    for (int i = 0; i < 2; i++)
#pragma unroll
        for (int j = 0; j < WIDE; j++)
#pragma unroll
            for (int k = 0; k < 4; k++) {
                const int64_t r = first_row + row + 16 * i + lane / 4 + k / 2 * 8;
                const int64_t c = first_column + column + 8 * j + lane % 4 * 2 + k % 2;
                if (r < p.rows && c < p.columns)
                    store_product<T>(p, r, c, sums[i][j][k]);
            }
}

#define PRODUCT_TILE(T, ROWS, COLUMNS, STAGES)                                                   \
    extern "C" __global__ void __launch_bounds__(2 * ROWS)                                       \
        product_tile_##T##_##ROWS##_##COLUMNS(const struct gpu_product p)                        \
    {                                                                                            \
        launch_and_wait();                                                                  \
        product_tile<T, ROWS, COLUMNS, STAGES>(p);                                               \
    }

PRODUCT_TILE(bf16, 64, 32, TILE_STAGES)
PRODUCT_TILE(bf16, 128, 128, TILE_WIDE_STAGES)
PRODUCT_TILE(f16, 64, 32, TILE_STAGES)
PRODUCT_TILE(f16, 128, 128, TILE_WIDE_STAGES)

// ---- float32 ----

// Each thread has 4 rows and 4 columns, BLOCKS_SIDE / 4 apart.
extern "C" __global__ void __launch_bounds__(BLOCKS_THREADS)
    product_blocks_f32(const struct gpu_product p)
{
    const int SIDE = BLOCKS_SIDE / 4;
    __shared__ float left[BLOCKS_DEPTH][BLOCKS_SIDE + 1], right[BLOCKS_DEPTH][BLOCKS_SIDE + 1];
    const int64_t first_row = (int64_t)blockIdx.y * BLOCKS_SIDE;
    const int64_t first_column = (int64_t)blockIdx.x * BLOCKS_SIDE;
    const int x = threadIdx.x % SIDE, y = threadIdx.x / SIDE;
    float sums[4][4] = {};
    launch_and_wait();
    for (int64_t depth = 0; depth < p.inner; depth += BLOCKS_DEPTH) {
        for (int i = threadIdx.x; i < BLOCKS_SIDE * BLOCKS_DEPTH; i += BLOCKS_THREADS) {
            const int64_t k = depth + i % BLOCKS_DEPTH;
            const int64_t row = first_row + i / BLOCKS_DEPTH;
            const int64_t column = first_column + i / BLOCKS_DEPTH;
            left[i % BLOCKS_DEPTH][i / BLOCKS_DEPTH] =
                row < p.rows && k < p.inner
                    ? ((const float *)p.left)[row * p.left_stride[0] + k * p.left_stride[1]]
                    : 0;
            right[i % BLOCKS_DEPTH][i / BLOCKS_DEPTH] =
                column < p.columns && k < p.inner
                    ? ((const float *)
                           p.right)[k * p.right_stride[0] + column * p.right_stride[1]]
                    : 0;
        }
        __syncthreads();
#pragma unroll
        for (int k = 0; k < BLOCKS_DEPTH; k++)
#pragma unroll
            for (int i = 0; i < 4; i++)
#pragma unroll
                for (int j = 0; j < 4; j++)
                    sums[i][j] =
                        fmaf(left[k][y + SIDE * i], right[k][x + SIDE * j], sums[i][j]);
        __syncthreads();
    }
    for (int i = 0; i < 4; i++)
        for (int j = 0; j < 4; j++) {
            const int64_t row = first_row + y + SIDE * i, column = first_column + x + SIDE * j;
            if (row < p.rows && column < p.columns)
                store_product<float>(p, row, column, sums[i][j]);
        }
}

// ---- Any other layout ----

template <class T> static __device__ __forceinline__ void product_plain(const struct gpu_product &p)
{
    const int64_t element = (int64_t)blockIdx.x * PLAIN_THREADS + threadIdx.x;
    const int64_t row = element / p.columns, column = element % p.columns;
    launch_and_wait();
    if (row >= p.rows)
        return;
    const T *left = (const T *)p.left + row * p.left_stride[0];
    const T *right = (const T *)p.right + column * p.right_stride[1];
    float sum = 0;
    for (int64_t k = 0; k < p.inner; k++)
        sum = fmaf(widen(left[k * p.left_stride[1]]), widen(right[k * p.right_stride[0]]), sum);
    store_product<T>(p, row, column, sum);
}

template <class T> static __device__ __forceinline__ void widen_int8(const struct gpu_product &p)
{
    const int8_t *from = (const int8_t *)p.right + blockIdx.x * p.right_stride[1];
    T *to = (T *)p.out + (int64_t)blockIdx.x * p.inner;
    launch_and_wait();
    for (int64_t k = threadIdx.x; k < p.inner; k += WIDEN_THREADS)
        to[k] = narrow<T>(widen(from[k * p.right_stride[0]]));
}

#define OTHERS(T)                                                                                \
    extern "C" __global__ void __launch_bounds__(PLAIN_THREADS)                                  \
        product_plain_##T(const struct gpu_product p)                                            \
    {                                                                                            \
        product_plain<T>(p);                                                                     \
    }                                                                                            \
    extern "C" __global__ void __launch_bounds__(WIDEN_THREADS)                                  \
        product_widen_##T(const struct gpu_product p)                                               \
    {                                                                                            \
        widen_int8<T>(p);                                                                        \
    }

OTHERS(bf16)
OTHERS(f16)
OTHERS(f32)
