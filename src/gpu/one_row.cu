// SPDX-License-Identifier: BSD-2-Clause
// Products of one row, which are bound by the memory that the matrix is read from. What counts is
// that its loads never cease: the first ones are under way before the row is there to be multiplied,
// and they are followed at once.

#include "gpu/fetching.cuh"
#include "gpu/products.cuh"
#include "gpu/tensor_cores.cuh"

// ---- Rings ----

// The places of a ring in shared memory, to each of which a warp fetches something time and again.
struct places {
    int count, now;     // now: that of what is to be used next
    unsigned round;     // how often all were used so far
    uint64_t *arrived;  // a barrier for each

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

    // Waits for what is to be used next; where copies are of single vectors, AHEAD of them were begun.
    template <int AHEAD> __device__ __forceinline__ void await(void) const
    {
#if HAS_BULK_COPIES
        wait_for_phase(&arrived[now], round);
#else
        __pipeline_wait_prior(AHEAD - 1);
        __syncwarp();
#endif
    }

    // Waits, the first time round, for what came BEHIND places before PLACE: what is fetched before the
    // row is there is fetched at a pace. A few copies at a time are all that the memory takes, and loads
    // of other kernels would wait behind more.
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

// Pieces of the weights of the columns of a warp on their way into shared memory; the one that comes
// takes the place of the last that was used.
struct piece {
    uint4 vectors[ONE_ROW_COLUMNS][ONE_ROW_VECTORS][32];
};

struct ring {
    struct piece *pieces;
    const uint4 *weights[ONE_ROW_COLUMNS];
    int limit, count;  // vectors of a column, pieces
    uint64_t policy;
    struct places places;

    __device__ __forceinline__ explicit ring(int count)
        : pieces((struct piece *)shared_memory + threadIdx.x / 32 * count), policy(leaves_first()),
          places(count, shared_memory + ONE_ROW_WARPS * count * ONE_ROW_PIECE_BYTES)
    {
    }

    // Has the first pieces be fetched.
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

    // Goes on to the next piece; piece NUMBER is to be fetched to where the last one was.
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

// What the columns are multiplied by is read some pieces ahead, too.
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
    for (int c = 0; c < ONE_ROW_COLUMNS; c++)  // the first one again where there are no more
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

// Boxes of the weights of a warp on their way into shared memory: TILES_ACROSS bytes of the columns
// of a tile. The vectors of a row of a box are permuted by its place, so that lanes that read at once
// read from different banks.
struct boxes {
    unsigned char *bytes;
    uint64_t policy;
    struct places places;
    int tile, step, tiles, steps;  // of the next to be fetched, and how many there are

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

    // Has the first boxes be fetched.
    __device__ __forceinline__ void fill(const struct gpu_tiled_product &t)
    {
        for (int i = 0; i < TILES_BOXES; i++) {
            if (tile < tiles)
                places.keep_pace(i, TILES_PACE);
            fetch(t, i);
        }
    }

    // Waits for the next box, and returns its number.
    __device__ __forceinline__ int await(void) const
    {
        places.await<TILES_BOXES>();
        return places.now;
    }

    // Goes on to the next box; what follows is to be fetched to where the last one was.
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

// Puts this warp's parts of the row into shared memory, scaled, and zeros behind its end. Returns what
// sums of products have to be multiplied by.
template <class T>
static __device__ __forceinline__ float scale_row(uint4 *to, const struct gpu_product &p)
{
    // Vectors of the row that a box has to do with.
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
    // Brings the exponent of the largest to 14, the second largest that float16 has.
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

// Shared memory: boxes and their barriers, what warps have found, in turn [2][WARPS][COLUMNS], and the
// row. Blocks take every gridDim.x-th tile, so that few of them need not begin anew.
template <class T>
static __device__ __forceinline__ void product_tiles(const struct gpu_tiled_product &t)
{
    const struct gpu_product &p = t.product;
    const int lane = threadIdx.x % 32, warp = threadIdx.x / 32;
    // Of this lane among the columns of a tile, so that neighbours read from different halves of a
    // line; the other column is 8 further on.
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
        // These threads have a column each at the end; its scale is there by then.
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
