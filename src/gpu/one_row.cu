// SPDX-License-Identifier: BSD-2-Clause
// Products of one row, whose time is set by reading the weights from memory.
//
// How it works: each warp has its columns of the matrix and a ring of slots in shared memory.
// Copies into all slots are started at once; the warp waits for one slot, multiplies it with its
// part of the row, and starts the next copy into the same slot, so that loads never cease. With
// programmatic dependent launch, a kernel starts while its predecessor, which computes the row,
// still runs: the weights are constant, so the first copies are started before the wait for the
// row.
//
// Example: a slot is 2 kB: 2 columns by 2 vectors of 16 bytes for each of 32 lanes. A warp has 4
// slots, and 24 warps of a multiprocessor have 192 kB of copies in flight once the row is there.
//
// Measured on an H100 with a model of 3B shape, for a whole decode step:
//  - Before the row is there, each warp keeps only one slot under way (ONE_ROW_PACE, TILES_PACE):
//    48 kB per multiprocessor, which is what the memory needs. Loads of a multiprocessor complete in
//    order, also for the next kernel: with all slots requested first, a norm of 1.3 us took 4 to 6.
//    Bulk copies take another path than loads. 2.53 to 2.33 ms, int8 1.56 to 1.41 ms.
//  - Evicting weights first from the GPU's cache: products 2.5 % faster.
//  - All kernels, Inductor's too, allow their successor's launch before they wait: 2 % faster than
//    after the wait of norms.
//  - Rejected: prefetching weights further ahead into the GPU's cache (8 to 32 MB) made decoding up
//    to 13 % slower, even if only attention's successor does it.
//  - 8-bit weights go through tensor cores: widening each to float took longer than loading it.

#include "gpu/fetching.cuh"
#include "gpu/products.cuh"
#include "gpu/tensor_cores.cuh"

// ---- Rings ----

// Slots of a ring in shared memory, into which a warp fetches again and again.
struct places {
    int count, now;     // now: the slot to be used next
    unsigned round;     // how often all slots have been used
    uint64_t *arrived;  // one barrier per slot

    __device__ __forceinline__ places(int count, void *barriers)
        : count(count), now(0), round(0),
          arrived((uint64_t *)barriers + threadIdx.x / 32 * count)
    {
#if HAS_BULK_COPIES
        if (threadIdx.x % 32 == 0)
            for (int i = 0; i < count; i++)
                open_barrier(&arrived[i]);
        __syncwarp();
#endif
    }

    // Waits for the slot to be used next. Where copies are of single vectors, AHEAD have been
    // started.
    template <int AHEAD> __device__ __forceinline__ void await(void) const
    {
#if HAS_BULK_COPIES
        wait_for_phase(&arrived[now], round);
#else
        __pipeline_wait_prior(AHEAD - 1);
        __syncwarp();
#endif
    }

    // On the first round, waits for the slot that is BEHIND slots before PLACE: fetching before the row is
    // there is paced. The memory needs only a few copies at a time, and loads of other kernels
    // would wait for more.
    __device__ __forceinline__ void keep_pace(int place, int behind) const
    {
#if HAS_BULK_COPIES
        if (place >= behind)
            wait_for_phase(&arrived[place - behind], 0);
#endif
    }

    __device__ __forceinline__ void turn(void)
    {
        if (++now == count) {
            now = 0;
            round++;
        }
    }
};

// ---- A warp has some columns ----

// Parts of the weights of a warp's columns on their way into shared memory. A new part takes the
// slot of the last one used.
struct piece {
    uint4 vectors[ONE_ROW_COLUMNS][ONE_ROW_VECTORS][32];
};

struct ring {
    struct piece *pieces;
    const uint4 *weights[ONE_ROW_COLUMNS];
    int limit, count;  // vectors of a column, parts
    uint64_t policy;
    struct places places;

    __device__ __forceinline__ explicit ring(int count)
        : pieces((struct piece *)shared_memory + threadIdx.x / 32 * count), policy(leaves_first()),
          places(count, shared_memory + ONE_ROW_WARPS * count * ONE_ROW_PIECE_BYTES)
    {
    }

    // Starts the first copies.
    __device__ __forceinline__ void fill(void) const
    {
        for (int number = 0; number < places.count; number++) {
            if (number < count)
                places.keep_pace(number, ONE_ROW_PACE);
            fetch(number, number);
        }
    }

    __device__ __forceinline__ const struct piece &await(void) const
    {
        places.await<ONE_ROW_PIECES>();
        return pieces[places.now];
    }

    // Advances to the next part and starts copying part NUMBER into the slot just used.
    __device__ __forceinline__ void turn(int number)
    {
        __syncwarp();
        fetch(number, places.now);
        places.turn();
    }

    __device__ __forceinline__ void fetch(int number, int to) const
    {
#if HAS_BULK_COPIES
        if (number >= count || threadIdx.x % 32 != 0)
            return;
        const int first = number * ONE_ROW_VECTORS * 32;
        const unsigned bytes = min(limit - first, ONE_ROW_VECTORS * 32) * VECTOR_BYTES;
        expect_bytes(&places.arrived[to], bytes * ONE_ROW_COLUMNS);
#pragma unroll
        for (int c = 0; c < ONE_ROW_COLUMNS; c++)
            fetch_bulk(pieces[to].vectors[c], weights[c] + first, bytes, &places.arrived[to], policy);
#else
#pragma unroll
        for (int i = 0; i < ONE_ROW_VECTORS; i++) {
            const int v = (number * ONE_ROW_VECTORS + i) * 32 + threadIdx.x % 32;
#pragma unroll
            for (int c = 0; c < ONE_ROW_COLUMNS; c++)
                if (v < limit)
                    fetch_vector(&pieces[to].vectors[c][i][threadIdx.x % 32], weights[c] + v, false,
                                 policy);
        }
        __pipeline_commit();
#endif
    }
};

// The row that the columns are multiplied by is also read some parts ahead.
template <class Weight, class T>
static __device__ __forceinline__ void product_one_row(const struct gpu_product &p)
{
    const int COUNT = vector<Weight>::count, PARTS = COUNT / vector<T>::count;
    const int lane = threadIdx.x % 32;
    const int64_t column =
        ((int64_t)blockIdx.x * ONE_ROW_WARPS + threadIdx.x / 32) * ONE_ROW_COLUMNS;
    if (column >= p.columns)
        return;
    struct ring ring(p.pieces);
    ring.limit = (int)(p.inner / COUNT);
    ring.count = (ring.limit + 32 * ONE_ROW_VECTORS - 1) / (32 * ONE_ROW_VECTORS);
#pragma unroll
    for (int c = 0; c < ONE_ROW_COLUMNS; c++)  // repeats the first column if there are no more
        ring.weights[c] = (const uint4 *)((const Weight *)p.right
                                          + (column + c < p.columns ? column + c : column)
                                                * p.right_stride[1]);
    launch_successor();
    if (!p.right_is_constant)
        wait_for_predecessor();
    ring.fill();
    if (p.right_is_constant)
        wait_for_predecessor();

    const int AHEAD = PARTS == 1 ? ONE_ROW_AHEAD : 2;
    vector<T> row[AHEAD][ONE_ROW_VECTORS][PARTS];
    auto read = [&](vector<T>(&to)[ONE_ROW_VECTORS][PARTS], int number) {
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
    auto multiply = [&](const vector<T>(&by)[ONE_ROW_VECTORS][PARTS], int number) {
        if (number >= ring.count)
            return;
        const struct piece &piece = ring.await();
#pragma unroll
        for (int i = 0; i < ONE_ROW_VECTORS; i++) {
            if ((number * ONE_ROW_VECTORS + i) * 32 + lane >= ring.limit)
                continue;
#pragma unroll
            for (int c = 0; c < ONE_ROW_COLUMNS; c++) {
                vector<Weight> taken;
                taken.bits = piece.vectors[c][i][lane];
#pragma unroll
                for (int j = 0; j < COUNT; j++)
                    sums[c] = fmaf(taken[j], by[i][j / vector<T>::count][j % vector<T>::count],
                                   sums[c]);
            }
        }
        ring.turn(number + p.pieces);
    };
#pragma unroll
    for (int i = 0; i < AHEAD; i++)
        read(row[i], i);
    for (int number = 0; number < ring.count; number += AHEAD)
#pragma unroll
        for (int i = 0; i < AHEAD; i++) {
            multiply(row[i], number + i);
            read(row[i], number + i + AHEAD);
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

// ---- A block has 16 columns at a time; 8-bit weights on tensor cores ----

// 8-bit integers are exact in float16, and so is a row of bfloat16 scaled by a power of two, except
// for elements of 2^-29 of the largest or less. Converting each weight to float and multiplying
// would take longer than the memory does.

// Converts two of the four numbers of BIASED, each 128 too large, by way of the float16 1024 +
// number.
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

// Boxes of a warp's weights on their way into shared memory: TILES_ACROSS bytes of the columns of a
// tile. The vectors of a box's row are permuted by its number, so that lanes reading together use
// different banks.
struct boxes {
    unsigned char *bytes;
    uint64_t policy;
    struct places places;
    int tile, step, tiles, steps;  // of the next box to fetch, and their totals

    __device__ __forceinline__ explicit boxes(const struct gpu_product &p)
        : bytes(shared_memory + threadIdx.x / 32 * TILES_BOXES * TILES_BOX_BYTES),
          policy(leaves_first()),
          places(TILES_BOXES, shared_memory + TILES_WARPS * TILES_BOXES * TILES_BOX_BYTES),
          tile(blockIdx.x), step(0),
          tiles((int)((p.columns + TILES_COLUMNS - 1) / TILES_COLUMNS)), steps(TILES_STEPS(p.inner))
    {
    }

    __device__ __forceinline__ uint4 *vector_at(int box, int row, int v) const
    {
        uint4 *const vectors = (uint4 *)(bytes + box * TILES_BOX_BYTES + row * TILES_ACROSS);
        return vectors + (v ^ (shared_address(vectors) / TILES_ACROSS % 8));
    }

    // Starts the first copies.
    __device__ __forceinline__ void fill(const struct gpu_tiled_product &t)
    {
        for (int i = 0; i < TILES_BOXES; i++) {
            if (tile < tiles)
                places.keep_pace(i, TILES_PACE);
            fetch(t, i);
        }
    }

    // Waits for the next box and returns its number.
    __device__ __forceinline__ int await(void) const
    {
        places.await<TILES_BOXES>();
        return places.now;
    }

    // Advances to the next box and starts a copy into the slot just used.
    __device__ __forceinline__ void turn(const struct gpu_tiled_product &t)
    {
        __syncwarp();
        fetch(t, places.now);
        places.turn();
    }

    __device__ __forceinline__ void fetch(const struct gpu_tiled_product &t, int to)
    {
        if (tile < tiles) {
            fetch_one(t, to, (step * TILES_WARPS + threadIdx.x / 32) * TILES_ACROSS);
            if (++step == steps) {
                step = 0;
                tile += gridDim.x;
            }
        }
#if !HAS_BULK_COPIES
        __pipeline_commit();
#endif
    }

    __device__ __forceinline__ void fetch_one(const struct gpu_tiled_product &t, int to, int first) const
    {
#if HAS_BULK_COPIES
        if (threadIdx.x % 32 != 0)
            return;
        expect_bytes(&places.arrived[to], TILES_BOX_BYTES);
        fetch_box(bytes + to * TILES_BOX_BYTES, t.right, first, tile * TILES_COLUMNS,
                  &places.arrived[to], policy);
#else
        const struct gpu_product &p = t.product;
        const int v = threadIdx.x % 8, at = first + v * VECTOR_BYTES;
#pragma unroll
        for (int row = threadIdx.x % 32 / 8; row < TILES_COLUMNS; row += 4) {
            const int64_t column = tile * (int64_t)TILES_COLUMNS + row;
            const bool is_none = at >= p.inner || column >= p.columns;
            fetch_vector(vector_at(to, row, v),
                         (const int8_t *)p.right + (is_none ? 0 : column * p.right_stride[1] + at),
                         is_none, policy);
        }
#endif
    }
};

// Puts this warp's parts of the row into shared memory, scaled and followed by zeros. Returns the
// factor that sums of products must be multiplied by.
template <class T>
static __device__ __forceinline__ float scale_row(uint4 *to, const struct gpu_product &p)
{
    // Vectors of the row for one box.
    const int COUNT = vector<T>::count, EACH = TILES_ACROSS / COUNT;
    const int lane = threadIdx.x % 32, warp = threadIdx.x / 32;
    const int all = TILES_STEPS(p.inner) * EACH, limit = (int)(p.inner / COUNT);
    const T *const from = (const T *)p.left;
    float largest = 0;
#pragma unroll 4
    for (int i = lane; i < all; i += 32) {
        const int v = (i / EACH * TILES_WARPS + warp) * EACH + i % EACH;
        vector<T> taken;
        taken.bits = make_uint4(0, 0, 0, 0);
        if (v < limit)
            taken = load_vector(from + v * COUNT);
        to[v] = taken.bits;
#pragma unroll
        for (int e = 0; e < COUNT; e++)
            largest = fmaxf(largest, fabsf(taken[e]));
    }
    largest = largest_of_warp(largest);
    // Brings the exponent of the largest element to 14, the second largest of float16.
    const int exponent = (int)(__float_as_uint(largest) >> 23);
    const float scale = __uint_as_float((unsigned)min(max(268 - exponent, 1), 253) << 23);
    for (int i = lane; i < all; i += 32) {
        const int v = (i / EACH * TILES_WARPS + warp) * EACH + i % EACH;
        vector<T> taken;
        vector<f16> scaled;
        taken.bits = to[v];
#pragma unroll
        for (int e = 0; e < COUNT; e++)
            scaled.elements[e] = narrow<f16>(taken[e] * scale);
        to[v] = scaled.bits;
    }
    __syncwarp();
    return 1 / scale;
}

// A lane has vectors of two columns and the matching elements of the row, as mma's operands hold
// pairs of them. Which pairs they are does not matter as long as both sides agree.
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

// Shared memory: boxes and their barriers, sums of the warps, two buffers [2][WARPS][COLUMNS], and
// the row. Blocks take every gridDim.x-th tile, so that few of them restart.
template <class T>
static __device__ __forceinline__ void product_tiles(const struct gpu_tiled_product &t)
{
    const struct gpu_product &p = t.product;
    const int lane = threadIdx.x % 32, warp = threadIdx.x / 32;
    // This lane's column in a tile, chosen so that neighbors read different halves of a line; the
    // other column is 8 further.
    const int own = lane / 8 + lane / 4 % 2 * 4;
    float(*const parts)[TILES_WARPS][TILES_COLUMNS] =
        (float(*)[TILES_WARPS][TILES_COLUMNS])(shared_memory + TILES_RING_BYTES);
    uint4 *const row = (uint4 *)(shared_memory + TILES_RING_BYTES + TILES_PARTS_BYTES);
    struct boxes boxes(p);
    launch_successor();
    if (!p.right_is_constant)
        wait_for_predecessor();
    prefetch_line((const T *)p.scales + blockIdx.x * TILES_COLUMNS);
    boxes.fill(t);
    if (p.right_is_constant)
        wait_for_predecessor();
    const float scale = scale_row<T>(row, p);
    int turn = 0;
    for (int tile = blockIdx.x; tile < boxes.tiles; tile += gridDim.x, turn ^= 1) {
        // At the end, these threads have a column each, whose scale has arrived by then.
        const int64_t column = tile * (int64_t)TILES_COLUMNS + threadIdx.x;
        const bool has_column = threadIdx.x < TILES_COLUMNS && column < p.columns;
        const float of_column = has_column ? widen(((const T *)p.scales)[column]) : 0;
        float sums[2][4] = {};
        for (int step = 0; step < boxes.steps; step++) {
            const uint4 *const other =
                row + (step * TILES_WARPS + warp) * (TILES_ACROSS / VECTOR_BYTES * 2);
            const int box = boxes.await();
#pragma unroll
            for (int i = 0; i < TILES_ACROSS / VECTOR_BYTES / 4; i++) {
                const int v = 4 * i + lane % 4;
                multiply_vectors(sums, *boxes.vector_at(box, own, v), *boxes.vector_at(box, own + 8, v),
                                 other + 2 * v);
            }
            boxes.turn(t);
        }
        if (lane % 4 == 0) {
            parts[turn][warp][own] = (sums[0][0] + sums[1][0]) * scale;
            parts[turn][warp][own + 8] = (sums[0][2] + sums[1][2]) * scale;
        }
        __syncthreads();
        if (has_column) {
            float sum = 0;
#pragma unroll
            for (int w = 0; w < TILES_WARPS; w++)
                sum += parts[turn][w][threadIdx.x];
            ((T *)p.out)[column * p.out_stride[1]] = narrow<T>(sum * of_column);
        }
    }
}

#define PRODUCT_TILES(T)                                                                         \
    extern "C" __global__ void __launch_bounds__(TILES_WARPS * 32, TILES_BLOCKS)                 \
        product_one_row_tiles_int8_##T(const __grid_constant__ struct gpu_tiled_product t)       \
    {                                                                                            \
        product_tiles<T>(t);                                                                     \
    }

PRODUCT_TILES(bf16)
PRODUCT_TILES(f16)
