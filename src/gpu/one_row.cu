// SPDX-License-Identifier: BSD-2-Clause
// Products of one row, which are bound by the memory that the matrix is read from. What counts is
// that its loads never cease: the first ones are under way before the row is there to be multiplied,
// and they are followed at once.

#include "gpu/fetching.cuh"
#include "gpu/products.cuh"
#include "gpu/tensor_cores.cuh"

// ---- A warp has some columns ----

// Pieces of the weights of the columns of a warp, of up to ONE_ROW_VECTORS vectors for each lane and
// column, on their way into shared memory: the one ahead by ONE_ROW_PIECES takes the place of the
// last.
struct piece {
    uint4 vectors[ONE_ROW_COLUMNS][ONE_ROW_VECTORS][32];
};

struct ring {
    struct piece *pieces;
    const uint4 *weights[ONE_ROW_COLUMNS];
    int limit, count;  // vectors of a column, pieces
    uint64_t policy;
#if HAS_BULK_COPIES
    uint64_t *arrived;  // barriers, one for each place

    __device__ __forceinline__ void open(void)
    {
        __shared__ uint64_t barriers[ONE_ROW_WARPS][ONE_ROW_PIECES];
        arrived = barriers[threadIdx.x / 32];
        if (threadIdx.x % 32 == 0)
            for (int i = 0; i < ONE_ROW_PIECES; i++)
                open_barrier(&arrived[i]);
        __syncwarp();
    }

    __device__ __forceinline__ void fetch(int number) const
    {
        if (number >= count || threadIdx.x % 32 != 0)
            return;
        const int first = number * ONE_ROW_VECTORS * 32, place = number % ONE_ROW_PIECES;
        const unsigned bytes = min(limit - first, ONE_ROW_VECTORS * 32) * VECTOR_BYTES;
        expect_bytes(&arrived[place], bytes * ONE_ROW_COLUMNS);
#pragma unroll
        for (int c = 0; c < ONE_ROW_COLUMNS; c++)
            fetch_bulk(pieces[place].vectors[c], weights[c] + first, bytes, &arrived[place], policy);
    }

    __device__ __forceinline__ void await(int number) const
    {
        wait_for_phase(&arrived[number % ONE_ROW_PIECES], number / ONE_ROW_PIECES);
    }
#else
    __device__ __forceinline__ void open(void)
    {
    }

    // Each lane fetches what it reads itself.
    __device__ __forceinline__ void fetch(int number) const
    {
#pragma unroll
        for (int i = 0; i < ONE_ROW_VECTORS; i++) {
            const int v = (number * ONE_ROW_VECTORS + i) * 32 + threadIdx.x % 32;
#pragma unroll
            for (int c = 0; c < ONE_ROW_COLUMNS; c++)
                if (v < limit)
                    fetch_vector(&pieces[number % ONE_ROW_PIECES].vectors[c][i][threadIdx.x % 32],
                                 weights[c] + v, policy);
        }
        __pipeline_commit();
    }

    __device__ __forceinline__ void await(int) const
    {
        __pipeline_wait_prior(ONE_ROW_PIECES - 1);
    }
#endif
};

// What the columns are multiplied by is read a piece ahead, too.
template <class Weight, class T>
static __device__ __forceinline__ void product_one_row(const struct gpu_product &p)
{
    const int COUNT = vector<Weight>::count, PARTS = COUNT / vector<T>::count;
    __shared__ struct piece pieces[ONE_ROW_WARPS][ONE_ROW_PIECES];
    const int lane = threadIdx.x % 32;
    const int64_t column =
        ((int64_t)blockIdx.x * ONE_ROW_WARPS + threadIdx.x / 32) * ONE_ROW_COLUMNS;
    if (column >= p.columns)
        return;
    struct ring ring;
    ring.pieces = pieces[threadIdx.x / 32];
    ring.limit = (int)(p.inner / COUNT);
    ring.count = (ring.limit + 32 * ONE_ROW_VECTORS - 1) / (32 * ONE_ROW_VECTORS);
    ring.policy = leaves_first();
#pragma unroll
    for (int c = 0; c < ONE_ROW_COLUMNS; c++)  // the first one again where there are no more
        ring.weights[c] = (const uint4 *)((const Weight *)p.right
                                          + (column + c < p.columns ? column + c : column)
                                                * p.right_stride[1]);
    if (!p.right_is_constant)
        launch_and_wait();
    ring.open();
    for (int number = 0; number < ONE_ROW_PIECES; number++)
        ring.fetch(number);
    if (p.right_is_constant)
        launch_and_wait();

    typedef vector<T> row_piece[ONE_ROW_VECTORS][PARTS];
    row_piece even, odd;
    auto read = [&](row_piece &to, int number) {
#pragma unroll
        for (int i = 0; i < ONE_ROW_VECTORS; i++) {
            const int v = (number * ONE_ROW_VECTORS + i) * 32 + lane;
            if (v < ring.limit)
#pragma unroll
                for (int j = 0; j < PARTS; j++)
                    to[i][j] = load_vector((const T *)p.left + v * COUNT
                                           + j * vector<T>::count);
        }
    };
    float sums[ONE_ROW_COLUMNS] = {};
    auto multiply = [&](const row_piece &by, int number) {
        if (number >= ring.count)
            return;
        ring.await(number);
#pragma unroll
        for (int i = 0; i < ONE_ROW_VECTORS; i++) {
            if ((number * ONE_ROW_VECTORS + i) * 32 + lane >= ring.limit)
                continue;
#pragma unroll
            for (int c = 0; c < ONE_ROW_COLUMNS; c++) {
                vector<Weight> taken;
                taken.bits = ring.pieces[number % ONE_ROW_PIECES].vectors[c][i][lane];
#pragma unroll
                for (int j = 0; j < COUNT; j++)
                    sums[c] = fmaf(taken[j], by[i][j / vector<T>::count][j % vector<T>::count],
                                   sums[c]);
            }
        }
        __syncwarp();
        ring.fetch(number + ONE_ROW_PIECES);
    };
    read(even, 0);
    for (int number = 0; number < ring.count; number += 2) {
        read(odd, number + 1);
        multiply(even, number);
        read(even, number + 2);
        multiply(odd, number + 1);
    }
#pragma unroll
    for (int c = 0; c < ONE_ROW_COLUMNS; c++) {
        const float sum = sum_of_warp(sums[c]);
        if (lane == 0 && column + c < p.columns)
            store_product<T>(p, 0, column + c, sum);
    }
}

#define PRODUCT_ONE_ROW(NAME, WEIGHT, T)                                                         \
    extern "C" __global__ void __launch_bounds__(ONE_ROW_WARPS * 32, ONE_ROW_BLOCKS)             \
        product_one_row_##NAME(const struct gpu_product p)                                       \
    {                                                                                            \
        product_one_row<WEIGHT, T>(p);                                                           \
    }

PRODUCT_ONE_ROW(bf16, bf16, bf16)
PRODUCT_ONE_ROW(f16, f16, f16)
PRODUCT_ONE_ROW(f32, f32, f32)
PRODUCT_ONE_ROW(int8_bf16, int8_t, bf16)
PRODUCT_ONE_ROW(int8_f16, int8_t, f16)
PRODUCT_ONE_ROW(int8_f32, int8_t, f32)

// ---- A block has 16 columns at a time, weights of 8 bits on tensor cores ----

// Whole numbers of 8 bits are exact as float16, and so is a row of bfloat16 once it is scaled by a
// power of two, but for elements of 2^-29 of the largest and less. To tell each weight from a float
// and multiply it would take this kernel longer than the memory does.

// Two of the four numbers of BIASED, each 128 more than meant, by way of the float16 1024 + number.
static __device__ __forceinline__ uint32_t widen_pair(uint32_t biased, unsigned selector)
{
    union {
        uint32_t bits;
        __half2 pair;
    } sum, bias;
    sum.bits = __byte_perm(biased, 0x64646464, selector);
    bias.bits = 0x64806480;
    sum.pair = __hsub2(sum.pair, bias.pair);
    return sum.bits;
}

// The share of a warp in the row, and in the columns of all tiles: every WARPS-th part.
struct slice {
    int first, count, steps;  // vectors of weights; a step is one for each of 4 lanes

    __device__ __forceinline__ explicit slice(const struct gpu_product &p)
    {
        const int all = (int)(p.inner / VECTOR_BYTES), warp = threadIdx.x / 32;
        steps = TILES_STEPS(p.inner);
        first = warp * steps * 4;
        count = max(min(steps * 4, all - first), 0);
    }
};

// Puts the share of the row into shared memory, scaled, and zeros behind it. Returns what sums of
// products have to be multiplied by.
template <class T>
static __device__ __forceinline__ float scale_row(uint4 *to, const T *from, const struct slice &slice)
{
    const int COUNT = vector<T>::count, lane = threadIdx.x % 32;
    const int whole = slice.count * VECTOR_BYTES / COUNT, all = slice.steps * 4 * VECTOR_BYTES / COUNT;
    float largest = 0;
    for (int v = lane; v < whole; v += 32) {
        const vector<T> taken = load_vector(from + v * COUNT);
        to[v] = taken.bits;
#pragma unroll
        for (int i = 0; i < COUNT; i++)
            largest = fmaxf(largest, fabsf(taken[i]));
    }
    largest = largest_of_warp(largest);
    // Brings the exponent of the largest to 14, the second largest that float16 has.
    const int exponent = (int)(__float_as_uint(largest) >> 23);
    const float scale = __uint_as_float((unsigned)min(max(268 - exponent, 1), 253) << 23);
    for (int v = lane; v < all; v += 32) {
        vector<T> taken;
        vector<f16> scaled;
        taken.bits = v < whole ? to[v] : make_uint4(0, 0, 0, 0);
#pragma unroll
        for (int i = 0; i < COUNT; i++)
            scaled.elements[i] = narrow<f16>(taken[i] * scale);
        to[v] = scaled.bits;
    }
    __syncwarp();
    return 1 / scale;
}

// The way of a warp through its share of the weights: tile by tile, step by step.
struct walk {
    const uint4 *weights[2];  // of this lane's columns, of the tile
    int tile, step;

    __device__ __forceinline__ walk(const struct gpu_product &p, const struct slice &slice, int tile)
        : tile(tile), step(0)
    {
        const int lane = threadIdx.x % 32;
#pragma unroll
        for (int i = 0; i < 2; i++) {  // the last column again where there are no more
            const int64_t column = min(tile * (int64_t)TILES_COLUMNS + lane / 4 + 8 * i, p.columns - 1);
            weights[i] = (const uint4 *)((const int8_t *)p.right + column * p.right_stride[1])
                         + slice.first + lane % 4;
        }
    }
};

// A lane has vectors of two columns, and the elements of the row that go with them, as mma's figures
// have pairs of them; which pairs these are is all the same as long as both sides agree.
static __device__ __forceinline__ void multiply_vectors(float (&sums)[2][4], const uint4 &left,
                                                        const uint4 &right, const uint4 *row)
{
    const uint4 low = row[0], high = row[1];
    const uint32_t lefts[] = {left.x, left.y, left.z, left.w};
    const uint32_t rights[] = {right.x, right.y, right.z, right.w};
    const uint32_t rows[] = {low.x, low.y, low.z, low.w, high.x, high.y, high.z, high.w};
#pragma unroll
    for (int i = 0; i < 4; i++) {
        const uint32_t l = lefts[i] ^ 0x80808080, r = rights[i] ^ 0x80808080;
        const uint32_t weights[] = {widen_pair(l, 0x4140), widen_pair(r, 0x4140),
                                    widen_pair(l, 0x4342), widen_pair(r, 0x4342)};
        multiply(sums[i % 2], weights, rows[2 * i], rows[2 * i + 1], f16());
    }
}

// Shared memory: vectors on their way [WARPS][AHEAD][2][32], what warps have found, in turn
// [2][WARPS][COLUMNS], and the row. Blocks take every gridDim.x-th tile, so that few of them need not
// begin anew.
template <class T> static __device__ __forceinline__ void product_tiles(const struct gpu_product &p)
{
    uint4(*const ring)[2][32] =
        (uint4(*)[2][32])shared_memory + threadIdx.x / 32 * TILES_AHEAD;
    float(*const parts)[TILES_WARPS][TILES_COLUMNS] =
        (float(*)[TILES_WARPS][TILES_COLUMNS])(shared_memory + TILES_RING_BYTES);
    const int lane = threadIdx.x % 32, warp = threadIdx.x / 32;
    const int tiles = (int)((p.columns + TILES_COLUMNS - 1) / TILES_COLUMNS);
    const struct slice slice(p);
    uint4 *const row =
        (uint4 *)(shared_memory + TILES_RING_BYTES + TILES_PARTS_BYTES) + slice.first * 2;
    const uint64_t policy = leaves_first();
    struct walk ahead(p, slice, blockIdx.x);
    int to = 0;
    auto fetch = [&] {
        if (ahead.tile < tiles) {
            const int v = ahead.step * 4;
            if (v + lane % 4 < slice.count)
#pragma unroll
                for (int i = 0; i < 2; i++)
                    fetch_vector(&ring[to][i][lane], ahead.weights[i] + v, policy);
            if (++ahead.step == slice.steps)
                ahead = walk(p, slice, ahead.tile + gridDim.x);
        }
        __pipeline_commit();
        to = to + 1 < TILES_AHEAD ? to + 1 : 0;
    };
    if (!p.right_is_constant)
        launch_and_wait();
    for (int i = 0; i < TILES_AHEAD; i++)
        fetch();
    if (p.right_is_constant)
        launch_and_wait();
    const float scale = scale_row(row, (const T *)p.left + slice.first * VECTOR_BYTES, slice);
    int from = 0, turn = 0;
    for (int tile = blockIdx.x; tile < tiles; tile += gridDim.x, turn ^= 1) {
        float sums[2][4] = {};
        for (int step = 0; step < slice.steps; step++) {
            __pipeline_wait_prior(TILES_AHEAD - 1);
            multiply_vectors(sums, ring[from][0][lane], ring[from][1][lane],
                             row + (step * 4 + lane % 4) * 2);
            fetch();
            from = from + 1 < TILES_AHEAD ? from + 1 : 0;
        }
        if (lane % 4 == 0) {
            parts[turn][warp][lane / 4] = (sums[0][0] + sums[1][0]) * scale;
            parts[turn][warp][lane / 4 + 8] = (sums[0][2] + sums[1][2]) * scale;
        }
        __syncthreads();
        const int64_t column = tile * (int64_t)TILES_COLUMNS + threadIdx.x;
        if (threadIdx.x < TILES_COLUMNS && column < p.columns) {
            float sum = 0;
#pragma unroll
            for (int w = 0; w < TILES_WARPS; w++)
                sum += parts[turn][w][threadIdx.x];
            store_product<T>(p, 0, column, sum);
        }
    }
}

#define PRODUCT_TILES(T)                                                                         \
    extern "C" __global__ void __launch_bounds__(TILES_WARPS * 32, TILES_BLOCKS)                 \
        product_one_row_tiles_int8_##T(const struct gpu_product p)                               \
    {                                                                                            \
        product_tiles<T>(p);                                                                     \
    }

PRODUCT_TILES(bf16)
PRODUCT_TILES(f16)
