// SPDX-License-Identifier: BSD-2-Clause
// Attention of any number of rows. Chunks of keys hidden from all rows of a block are skipped.

#include "gpu/kernels_common.cuh"
#include "gpu/softmax.cuh"

// Returns what is added to the score of ROW and KEY of HEAD, in units of the natural logarithm.
template <class T>
static __device__ __forceinline__ float shown(const struct gpu_attention &a, int64_t batch,
                                              int64_t head, int64_t row, int64_t key)
{
    if (row >= a.rows || key >= a.keys)
        return HIDDEN;
    if (a.mask == NULL)
        return 0;
    return widen(((const T *)a.mask)[batch * a.mask_stride[0] + head * a.mask_stride[1]
                                     + row * a.mask_stride[2] + key * a.mask_stride[3]]);
}

// Copies rows [FIRST, FIRST + COUNT) of FROM [limit, width], converted and scaled; 0 outside.
template <class T>
static __device__ __forceinline__ void load_rows(float *to, int pitch, const T *from,
                                                 int64_t stride, int64_t first, int64_t limit,
                                                 int count, int width, float scale,
                                                 bool is_vectors)
{
    const int COUNT = vector<T>::count;
    const int each = is_vectors ? COUNT : 1, across = width / each;
    for (int i = threadIdx.x; i < count * across; i += QUERY_THREADS) {
        const int row = i / across, column = i % across * each;
        const bool is_inside = first + row < limit;
        const T *const source = from + (first + row) * stride + column;
        if (is_vectors) {
            vector<T> values;
            values.bits = is_inside ? *(const uint4 *)source : make_uint4(0, 0, 0, 0);
#pragma unroll
            for (int e = 0; e < COUNT; e++)
                to[row * pitch + column + e] = values[e] * scale;
        } else {
            to[row * pitch + column] = is_inside ? widen(*source) * scale : 0;
        }
    }
}

// Multiplies OWN rows of queries and one key, all with the given pitch, a multiple of 4.
template <int OWN>
static __device__ __forceinline__ void score_rows(float (&scores)[OWN], const float *queries,
                                                  const float *key, int pitch, int width)
{
#pragma unroll
    for (int r = 0; r < OWN; r++)
        scores[r] = 0;
    for (int i = 0; i < width; i += 4) {  // elements past the width are 0
        const float4 k = *(const float4 *)(key + i);
#pragma unroll
        for (int r = 0; r < OWN; r++) {
            const float4 q = *(const float4 *)(queries + r * pitch + i);
            scores[r] = fmaf(q.x, k.x, scores[r]);
            scores[r] = fmaf(q.y, k.y, scores[r]);
            scores[r] = fmaf(q.z, k.z, scores[r]);
            scores[r] = fmaf(q.w, k.w, scores[r]);
        }
    }
}

// Shared memory: queries [QUERY_ROWS][pitch], keys or values [QUERY_KEYS][pitch]. First, a warp has
// OWN rows and a lane a key of each; then a lane has every 32nd element of the results of these
// rows.
template <class T> static __device__ __forceinline__ void attention_tile(const struct gpu_attention &a)
{
    const int OWN = QUERY_ROWS / (QUERY_THREADS / 32), PARTS = QUERY_WIDTH_MAX / 32;
    float *const shared = (float *)shared_memory;
    const int width = (int)a.width, pitch = QUERY_PITCH(width);
    float *const queries = shared, *const others = shared + QUERY_ROWS * pitch;
    const int lane = threadIdx.x % 32, own = threadIdx.x / 32 * OWN;
    const int64_t batch = blockIdx.y / a.heads, head = blockIdx.y % a.heads;
    const int64_t first_row = (int64_t)blockIdx.x * QUERY_ROWS;
    const T *query = (const T *)a.query + batch * a.query_stride[0] + head * a.query_stride[1];
    const T *key = (const T *)a.key + batch * a.key_stride[0] + head * a.key_stride[1];
    const T *value = (const T *)a.value + batch * a.value_stride[0] + head * a.value_stride[1];
    float largest[OWN], sums[OWN] = {}, mixed[OWN][PARTS] = {};
#pragma unroll
    for (int r = 0; r < OWN; r++)
        largest[r] = HIDDEN;
    launch_and_wait();
    for (int i = threadIdx.x; i < (QUERY_ROWS + QUERY_KEYS) * pitch; i += QUERY_THREADS)
        shared[i] = 0;
    __syncthreads();
    load_rows(queries, pitch, query, a.query_stride[2], first_row, a.rows, QUERY_ROWS, width,
              a.scale * LOG2_E, a.is_vectors);
    for (int64_t first = 0; first < a.keys; first += QUERY_KEYS) {
        float mask[OWN], weights[OWN];
        bool is_shown = false;
#pragma unroll
        for (int r = 0; r < OWN; r++) {
            mask[r] = shown<T>(a, batch, head, first_row + own + r, first + lane) * LOG2_E;
            is_shown |= mask[r] != HIDDEN;
        }
        if (!__syncthreads_or(is_shown))  // and all have finished the previous chunk
            continue;
        load_rows(others, pitch, key, a.key_stride[2], first, a.keys, QUERY_KEYS, width, 1,
                  a.is_vectors);
        __syncthreads();
        score_rows<OWN>(weights, queries + own * pitch, others + lane * pitch, pitch, width);
#pragma unroll
        for (int r = 0; r < OWN; r++) {
            const float score = weights[r] + mask[r];
            float top = score;
            for (int offset = 16; offset > 0; offset /= 2)
                top = fmaxf(top, __shfl_xor_sync(~0u, top, offset));
            top = fmaxf(top, largest[r]);
            const float scale = weight_of(largest[r], top);
            weights[r] = weight_of(score, top);
            sums[r] = sums[r] * scale + sum_of_warp(weights[r]);
            largest[r] = top;
#pragma unroll
            for (int i = 0; i < PARTS; i++)
                mixed[r][i] *= scale;
        }
        __syncthreads();
        load_rows(others, pitch, value, a.value_stride[2], first, a.keys, QUERY_KEYS, width, 1,
                  a.is_vectors);
        __syncthreads();
#pragma unroll 4
        for (int k = 0; k < QUERY_KEYS; k++)
#pragma unroll
            for (int i = 0; i < PARTS; i++)
                if (32 * i < width) {
                    const float v = 32 * i + lane < width ? others[k * pitch + 32 * i + lane] : 0;
#pragma unroll
                    for (int r = 0; r < OWN; r++)
                        mixed[r][i] = fmaf(__shfl_sync(~0u, weights[r], k), v, mixed[r][i]);
                }
    }
    T *out = (T *)a.out + batch * a.out_stride[0] + head * a.out_stride[1];
#pragma unroll
    for (int r = 0; r < OWN; r++)
#pragma unroll
        for (int i = 0; i < PARTS; i++)
            if (first_row + own + r < a.rows && 32 * i + lane < width)
                out[(first_row + own + r) * a.out_stride[2] + 32 * i + lane] =
                    narrow<T>(sums[r] > 0 ? mixed[r][i] / sums[r] : 0);
}

#define ATTENTION_TILE(T)                                                                        \
    extern "C" __global__ void __launch_bounds__(QUERY_THREADS)                                  \
        attention_tile_##T(const struct gpu_attention a)                                         \
    {                                                                                            \
        attention_tile<T>(a);                                                                    \
    }

ATTENTION_TILE(bf16)
ATTENTION_TILE(f16)
ATTENTION_TILE(f32)
