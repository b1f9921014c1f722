// SPDX-License-Identifier: BSD-2-Clause
// Attention of the rows of a prompt, 16-bit elements, on tensor cores.
//
// How it works (Dao, FlashAttention-2, 2023). A block has MANY_QUERIES rows of a head, 16 a warp,
// and loops over the keys in tiles of MANY_KEYS; the next tile is fetched meanwhile. Scores of a
// tile stay in registers. Their layout as sums of mma.m16n8k16 is that of its left operand, so
// that, as weights, they multiply the tile's values right away. The softmax is taken tile by tile:
// what has been mixed is rescaled as the largest score grows. Products by warpgroups, as in
// FlashAttention-3 (Shah et al., 2024), were not tried: attention is 5 % of the arithmetic of a
// prompt of 1,900 ids for a 3B model, and 20 % of one of 8,000.
//
// The survey, a kernel of its own, first reads the mask and classifies each tile of rows by keys.
// Tiles in which nothing is seen are skipped, and the mask is read again only in tiles that are
// seen in part. The cost follows what is seen, whether the order of positions or a window hides the
// rest.
//
// Example: 512 new positions after 1,024 others, 3 queries a key head. Queries of a key head are
// rows one after the other, 3 x 512 of them, in 24 blocks. The first block has positions 0 to 63 of
// the first query: it takes tiles 0 to 15 whole and tile 16 with the mask, and skips tiles 17 to
// 23.
//
// A tile that is hidden from a row leaves it unchanged. The bits of a row therefore depend on its
// own keys only, neither on its neighbors nor on how a prompt is cut into chunks.

#include <cuda_pipeline_primitives.h>

#include "gpu/kernels_common.cuh"
#include "gpu/softmax.cuh"
#include "gpu/tensor_cores.cuh"

// ---- The survey ----

template <class T, int KEYS>
static __device__ __forceinline__ void survey(const struct gpu_attention &a)
{
    const int across = (int)((a.keys + KEYS - 1) / KEYS), STEP = SURVEY_THREADS / KEYS;
    const int first_row = blockIdx.x / across * MANY_QUERIES + threadIdx.x / KEYS;
    const int key = blockIdx.x % across * KEYS + threadIdx.x % KEYS;
    const int64_t heads = a.seen_stride[1] > 0 ? a.heads : 1;
    const int64_t batch = blockIdx.y / heads, head = blockIdx.y % heads;
    const T *const mask = (const T *)a.mask + batch * a.mask_stride[0] + head * a.mask_stride[1];
    const T *from = mask + first_row * a.mask_stride[2] + key * a.mask_stride[3];
    bool is_shown = false, is_changed = key >= a.keys;
    launch_and_wait();
#pragma unroll
    for (int i = 0; i < MANY_QUERIES / STEP; i++, from += STEP * a.mask_stride[2])
        if (first_row + i * STEP < a.rows && key < a.keys) {
            const float added = widen(*from);
            is_shown |= added != HIDDEN;
            is_changed |= added != 0;
        }
    is_shown = __syncthreads_or(is_shown);
    is_changed = __syncthreads_or(is_changed);
    if (threadIdx.x == 0)
        a.seen[blockIdx.y * (int64_t)gridDim.x + blockIdx.x] =
            !is_shown ? SEEN_NOTHING : is_changed ? SEEN_SOME : SEEN_ALL;
}

// ---- Attention ----

// Returns the index of vector V of a row in a tile of rows of WIDTH elements. Vectors are permuted
// by the row's number, so that the 8 rows that ldmatrix reads at once lie in different banks.
template <int WIDTH> static __device__ __forceinline__ int place(int row, int v)
{
    return row * WIDTH + ((v ^ (row & 7)) * 8);
}

// Starts copying ROWS rows from FIRST on; elements outside of LIMIT rows and WIDTH become 0.
template <class T, int TILE_WIDTH, int ROWS>
static __device__ __forceinline__ void fetch_rows(T *tile, const T *from, int64_t stride,
                                                  int64_t first, int64_t limit, int width)
{
    const int ACROSS = TILE_WIDTH / 8;
#pragma unroll
    for (int i = 0; i < ROWS * ACROSS / MANY_QUERY_THREADS; i++) {
        const int at = threadIdx.x + i * MANY_QUERY_THREADS, row = at / ACROSS, v = at % ACROSS;
        const bool is_inside = first + row < limit && v * 8 < width;
        __pipeline_memcpy_async(tile + place<TILE_WIDTH>(row, v),
                                is_inside ? from + (first + row) * stride + v * 8 : from, 16,
                                is_inside ? 0 : 16);
    }
}

// The tiles of keys that a block loops over.
struct seen_tiles {
    const uint8_t *seen;  // the survey of these tiles, or NULL without a mask
    int count;
    bool is_last_partial;

    __device__ __forceinline__ int what(int tile) const
    {
        if (seen != NULL)
            return seen[tile];
        return is_last_partial && tile == count - 1 ? SEEN_SOME : SEEN_ALL;
    }
    // Returns the first tile from TILE on in which something is seen, or COUNT.
    __device__ __forceinline__ int next(int tile) const
    {
        while (tile < count && what(tile) == SEEN_NOTHING)
            tile++;
        return tile;
    }
};

// A warp's 16 rows. In each matrix of 16 x 8 elements a lane has rows lane / 4 and lane / 4 + 8,
// and columns lane % 4 * 2 and the next (PTX ISA, "mma.m16n8k16").
template <class T, int WIDTH> struct warp_rows {
    static const int KEYS = MANY_KEYS(WIDTH);
    float mixed[WIDTH / 8][4], largest[2], sums[2];

    __device__ __forceinline__ void begin()
    {
#pragma unroll
        for (int i = 0; i < WIDTH / 8; i++)
#pragma unroll
            for (int e = 0; e < 4; e++)
                mixed[i][e] = 0;
        largest[0] = largest[1] = HIDDEN;
        sums[0] = sums[1] = 0;
    }

    // Computes the scores of a tile, in units of log 2.
    static __device__ __forceinline__ void score(float (&scores)[KEYS / 8][4], const T *queries,
                                                 const T *keys, float scale)
    {
        const int lane = threadIdx.x % 32, own = threadIdx.x / 32 * 16;
#pragma unroll
        for (int j = 0; j < KEYS / 8; j++)
#pragma unroll
            for (int e = 0; e < 4; e++)
                scores[j][e] = 0;
#pragma unroll
        for (int depth = 0; depth < WIDTH / 16; depth++) {
            uint32_t left[4];
            load_matrices(left, queries + place<WIDTH>(own + lane % 16, 2 * depth + lane / 16));
#pragma unroll
            for (int j = 0; j < KEYS / 8; j += 2) {
                uint32_t right[4];
                load_matrices(right, keys + place<WIDTH>(8 * j + lane / 16 * 8 + lane % 8,
                                                         2 * depth + lane / 8 % 2));
                multiply(scores[j], left, right[0], right[1], T());
                multiply(scores[j + 1], left, right[2], right[3], T());
            }
        }
#pragma unroll
        for (int j = 0; j < KEYS / 8; j++)
#pragma unroll
            for (int e = 0; e < 4; e++)
                scores[j][e] *= scale;
    }

    // Adds the mask. FIRST_KEY is the tile's first key, ROW this lane's first row.
    static __device__ __forceinline__ void add_mask(float (&scores)[KEYS / 8][4],
                                                    const struct gpu_attention &a, const T *mask,
                                                    int64_t row, int64_t first_key)
    {
        const int lane = threadIdx.x % 32;
#pragma unroll
        for (int j = 0; j < KEYS / 8; j++)
#pragma unroll
            for (int e = 0; e < 4; e++) {
                const int64_t r = row + e / 2 * 8, key = first_key + 8 * j + lane % 4 * 2 + e % 2;
                float added = HIDDEN;
                if (r < a.rows && key < a.keys)
                    added = mask == NULL
                                ? 0
                                : widen(mask[r * a.mask_stride[2] + key * a.mask_stride[3]]);
                scores[j][e] += added * LOG2_E;
            }
    }

    // Turns scores into weights and rescales what has been mixed.
    __device__ __forceinline__ void weigh(float (&scores)[KEYS / 8][4])
    {
#pragma unroll
        for (int i = 0; i < 2; i++) {
            float top = largest[i];
#pragma unroll
            for (int j = 0; j < KEYS / 8; j++)
                top = fmaxf(top, fmaxf(scores[j][2 * i], scores[j][2 * i + 1]));
            top = fmaxf(top, __shfl_xor_sync(~0u, top, 1));
            top = fmaxf(top, __shfl_xor_sync(~0u, top, 2));
            const float base = top == HIDDEN ? 0 : top, scale = exp2f(largest[i] - base);
            largest[i] = top;
            sums[i] *= scale;
#pragma unroll
            for (int j = 0; j < KEYS / 8; j++)
#pragma unroll
                for (int e = 2 * i; e < 2 * i + 2; e++) {
                    scores[j][e] = exp2f(scores[j][e] - base);
                    sums[i] += scores[j][e];
                }
#pragma unroll
            for (int j = 0; j < WIDTH / 8; j++) {
                mixed[j][2 * i] *= scale;
                mixed[j][2 * i + 1] *= scale;
            }
        }
    }

    // Adds the values of a tile times their weights.
    __device__ __forceinline__ void mix(const float (&weights)[KEYS / 8][4], const T *values)
    {
        const int lane = threadIdx.x % 32;
#pragma unroll
        for (int j = 0; j < KEYS / 8; j += 2) {
            uint32_t left[4];
#pragma unroll
            for (int i = 0; i < 4; i++) {
                const float *const two = weights[j + i / 2] + i % 2 * 2;
                left[i] = pair_of(narrow<T>(two[0]), narrow<T>(two[1]));
            }
#pragma unroll
            for (int i = 0; i < WIDTH / 8; i += 2) {
                uint32_t right[4];
                load_transposed(right, values + place<WIDTH>(8 * j + lane % 16, i + lane / 16));
                multiply(mixed[i], left, right[0], right[1], T());
                multiply(mixed[i + 1], left, right[2], right[3], T());
            }
        }
    }

    // Divides by the sum of the weights; a row that sees nothing becomes 0.
    __device__ __forceinline__ void store(const struct gpu_attention &a, T *out, int64_t row) const
    {
        const int lane = threadIdx.x % 32;
#pragma unroll
        for (int i = 0; i < 2; i++) {
            float sum = sums[i];
            sum += __shfl_xor_sync(~0u, sum, 1);
            sum += __shfl_xor_sync(~0u, sum, 2);
            const float scale = sum > 0 ? 1 / sum : 0;
            const int64_t r = row + 8 * i;
#pragma unroll
            for (int j = 0; j < WIDTH / 8; j++) {
                const int column = 8 * j + lane % 4 * 2;
                const float *const two = mixed[j] + 2 * i;
                if (r < a.rows && column < a.width)
                    *(uint32_t *)(out + r * a.out_stride[2] + column) =
                        pair_of(narrow<T>(two[0] * scale), narrow<T>(two[1] * scale));
            }
        }
    }
};

// Shared memory: queries [MANY_QUERIES][WIDTH], then keys and values of two tiles.
template <class T, int WIDTH>
static __device__ __forceinline__ void attention_many_rows(const struct gpu_attention &a)
{
    const int KEYS = MANY_KEYS(WIDTH), TILE = KEYS * WIDTH;
    T *const queries = (T *)shared_memory, *const tiles = queries + MANY_QUERIES * WIDTH;
    const int64_t batch = blockIdx.y / a.heads, head = blockIdx.y % a.heads;
    const unsigned row_tile = gridDim.x - 1 - blockIdx.x;  // rows that see most start first
    const int64_t first_row = (int64_t)row_tile * MANY_QUERIES;
    const int64_t row = first_row + threadIdx.x / 32 * 16 + threadIdx.x % 32 / 4;
    const T *query = (const T *)a.query + batch * a.query_stride[0] + head * a.query_stride[1];
    const T *key = (const T *)a.key + batch * a.key_stride[0] + head * a.key_stride[1];
    const T *value = (const T *)a.value + batch * a.value_stride[0] + head * a.value_stride[1];
    const T *mask = (const T *)a.mask;
    seen_tiles seen = {NULL, (int)((a.keys + KEYS - 1) / KEYS), a.keys % KEYS != 0};
    if (mask != NULL) {
        mask += batch * a.mask_stride[0] + head * a.mask_stride[1];
        seen.seen = a.seen + batch * a.seen_stride[0] + head * a.seen_stride[1]
                    + (int64_t)row_tile * seen.count;
    }
    warp_rows<T, WIDTH> rows;
    int stage = 0;

    auto fetch = [&](int tile, int stage) {
        if (tile < seen.count) {
            T *const to = tiles + stage * 2 * TILE;
            fetch_rows<T, WIDTH, KEYS>(to, key, a.key_stride[2], (int64_t)tile * KEYS, a.keys,
                                       (int)a.width);
            fetch_rows<T, WIDTH, KEYS>(to + TILE, value, a.value_stride[2], (int64_t)tile * KEYS,
                                       a.keys, (int)a.width);
        }
        __pipeline_commit();
    };

    rows.begin();
    launch_and_wait();
    int tile = seen.next(0);
    fetch_rows<T, WIDTH, MANY_QUERIES>(queries, query, a.query_stride[2], first_row, a.rows,
                                       (int)a.width);
    fetch(tile, stage);
    while (tile < seen.count) {
        const int next = seen.next(tile + 1);
        float scores[KEYS / 8][4];
        fetch(next, stage ^ 1);
        __pipeline_wait_prior(1);
        __syncthreads();
        const T *const keys = tiles + stage * 2 * TILE;
        rows.score(scores, queries, keys, a.scale * LOG2_E);
        if (seen.what(tile) == SEEN_SOME)
            rows.add_mask(scores, a, mask, row, (int64_t)tile * KEYS);
        rows.weigh(scores);
        rows.mix(scores, keys + TILE);
        __syncthreads();
        tile = next;
        stage ^= 1;
    }
    rows.store(a, (T *)a.out + batch * a.out_stride[0] + head * a.out_stride[1], row);
}

#define SURVEY(T)                                                                                \
    extern "C" __global__ void __launch_bounds__(SURVEY_THREADS)                                 \
        attention_many_rows_survey_##T(const struct gpu_attention a)                             \
    {                                                                                            \
        if (MANY_KEYS(a.width) == MANY_KEYS(64))                                                 \
            survey<T, MANY_KEYS(64)>(a);                                                         \
        else                                                                                     \
            survey<T, MANY_KEYS(QUERY_WIDTH_MAX)>(a);                                            \
    }
#define ATTENTION(T, WIDTH)                                                                      \
    extern "C" __global__ void __launch_bounds__(MANY_QUERY_THREADS, WIDTH > 128 ? 1 : 2)        \
        attention_many_rows_##T##_##WIDTH(const struct gpu_attention a)                          \
    {                                                                                            \
        attention_many_rows<T, WIDTH>(a);                                                        \
    }

SURVEY(bf16)
SURVEY(f16)
ATTENTION(bf16, 64)
ATTENTION(bf16, 128)
ATTENTION(bf16, 256)
ATTENTION(f16, 64)
ATTENTION(f16, 128)
ATTENTION(f16, 256)
