// SPDX-License-Identifier: BSD-2-Clause
// Attention over a cache whose unused part the mask hides. Chunks of keys that are hidden from all
// rows at hand are passed over, so the time follows the part in use. The softmax is taken chunk by
// chunk and rescaled as the largest score grows (Milakov and Gimelshein, Online normalizer
// calculation for softmax, 2018); chunks of one row are joined at the end (Dao et al.,
// Flash-Decoding, 2023).

#include "gpu/kernels_common.cuh"

#define HIDDEN (-__int_as_float(0x7f800000))
#define LOG2_E 1.4426950408889634f

// What is added to the score of ROW and KEY of HEAD, in units of the natural logarithm.
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

// 2 to the power of SCORE - LARGEST, where both may be minus infinity.
static __device__ __forceinline__ float weight_of(float score, float largest)
{
    return score == HIDDEN ? 0 : exp2f(score - largest);
}

// ---- A few rows, the keys split over blocks ----

// The scores of the chunk's keys, [ROWS][SPLIT_KEYS], in units of the binary logarithm; what
// SCORES holds before is the mask.
template <class T, int ROWS>
static __device__ __forceinline__ void score_chunk(const struct gpu_attention &a,
                                                   const float (&query)[ROWS][VECTOR_BYTES / sizeof(T)],
                                                   const T *keys, int64_t first,
                                                   float (*scores)[SPLIT_KEYS])
{
    const int COUNT = vector<T>::count;
    const int lane = threadIdx.x % 32, warp = threadIdx.x / 32;
    const int lanes = (int)a.width / COUNT, at_once = 32 / lanes;
    const int part = lane % lanes;
#pragma unroll 4
    for (int base = warp * at_once; base < SPLIT_KEYS; base += SPLIT_WARPS * at_once) {
        const int key = base + lane / lanes;
        vector<T> values;
        values.bits = make_uint4(0, 0, 0, 0);
        if (first + key < a.keys)
            values.bits =
                *(const uint4 *)(keys + (first + key) * a.key_stride[2] + part * COUNT);
#pragma unroll
        for (int r = 0; r < ROWS; r++) {
            float sum = 0;
#pragma unroll
            for (int i = 0; i < COUNT; i++)
                sum = fmaf(query[r][i], values[i], sum);
            for (int offset = lanes / 2; offset > 0; offset /= 2)
                sum += __shfl_xor_sync(~0u, sum, offset);
            if (part == 0)
                scores[r][key] += sum;
        }
    }
}

// Turns the scores of each row into weights and notes their sum and the largest score.
template <int ROWS>
static __device__ __forceinline__ void weigh_chunk(float (*scores)[SPLIT_KEYS], float *largest,
                                                   float *sums)
{
    const int lane = threadIdx.x % 32;
    for (int r = threadIdx.x / 32; r < ROWS; r += SPLIT_WARPS) {
        const float left = scores[r][lane], right = scores[r][lane + 32];
        float top = fmaxf(left, right);
        for (int offset = 16; offset > 0; offset /= 2)
            top = fmaxf(top, __shfl_xor_sync(~0u, top, offset));
        const float p = weight_of(left, top), q = weight_of(right, top);
        scores[r][lane] = p;
        scores[r][lane + 32] = q;
        const float sum = sum_of_warp(p + q);
        if (lane == 0) {
            largest[r] = top;
            sums[r] = sum;
        }
    }
}

// The weighted sum of the chunk's values, into MIXED [SPLIT_WARPS][ROWS][width].
template <class T, int ROWS>
static __device__ __forceinline__ void mix_chunk(const struct gpu_attention &a, const T *values,
                                                 int64_t first,
                                                 const float (*weights)[SPLIT_KEYS], float *mixed)
{
    const int COUNT = vector<T>::count;
    const int lane = threadIdx.x % 32, warp = threadIdx.x / 32;
    const int lanes = (int)a.width / COUNT, at_once = 32 / lanes;
    const int part = lane % lanes;
    float sums[ROWS][COUNT] = {};
#pragma unroll 4
    for (int base = warp * at_once; base < SPLIT_KEYS; base += SPLIT_WARPS * at_once) {
        const int key = base + lane / lanes;
        vector<T> value;
        value.bits = make_uint4(0, 0, 0, 0);
        if (first + key < a.keys)
            value.bits =
                *(const uint4 *)(values + (first + key) * a.value_stride[2] + part * COUNT);
#pragma unroll
        for (int r = 0; r < ROWS; r++)
#pragma unroll
            for (int i = 0; i < COUNT; i++)
                sums[r][i] = fmaf(weights[r][key], value[i], sums[r][i]);
    }
#pragma unroll
    for (int r = 0; r < ROWS; r++)
#pragma unroll
        for (int i = 0; i < COUNT; i++) {
            float sum = sums[r][i];
            for (int offset = 16; offset >= lanes; offset /= 2)
                sum += __shfl_xor_sync(~0u, sum, offset);
            if (lane < lanes)
                mixed[(warp * ROWS + r) * a.width + part * COUNT + i] = sum;
        }
}

// Where the chunks of a head leave what they found.
struct parts {
    float *largest, *sums;  // [rows][chunks]
    float *mixed;           // [chunks][rows][width]
};

static __device__ __forceinline__ struct parts parts_of(const struct gpu_attention &a)
{
    const int64_t chunks = gridDim.x;
    float *const begin = a.partial + blockIdx.y * chunks * a.rows * (a.width + 2);
    return {begin, begin + a.rows * chunks, begin + 2 * a.rows * chunks};
}

// Brings the chunks of a head together: a warp finds the largest score and the sum of a row, then
// each thread mixes elements of the result.
template <class T, int ROWS>
static __device__ __forceinline__ void join_chunks(const struct gpu_attention &a, T *out)
{
    __shared__ float largest[ROWS], sums[ROWS], scales[ROWS][SPLIT_THREADS];
    const int OWN = ROWS * QUERY_WIDTH_MAX / SPLIT_THREADS;
    const struct parts parts = parts_of(a);
    const int chunks = gridDim.x, lane = threadIdx.x % 32, elements = (int)(a.rows * a.width);
    for (int r = threadIdx.x / 32; r < a.rows; r += SPLIT_WARPS) {
        float top = HIDDEN, sum = 0;
        for (int c = lane; c < chunks; c += 32)
            top = fmaxf(top, __ldcg(parts.largest + r * chunks + c));
        for (int offset = 16; offset > 0; offset /= 2)
            top = fmaxf(top, __shfl_xor_sync(~0u, top, offset));
        for (int c = lane; c < chunks; c += 32)
            sum += weight_of(__ldcg(parts.largest + r * chunks + c), top)
                   * __ldcg(parts.sums + r * chunks + c);
        sum = sum_of_warp(sum);
        if (lane == 0) {
            largest[r] = top;
            sums[r] = sum;
        }
    }
    float mixed[OWN] = {};
    for (int first = 0; first < chunks; first += SPLIT_THREADS) {
        const int chunk = first + threadIdx.x, count = min(chunks - first, SPLIT_THREADS);
        bool is_shown = false;
        __syncthreads();
        for (int r = 0; r < a.rows; r++) {
            const float top =
                chunk < chunks ? __ldcg(parts.largest + r * chunks + chunk) : HIDDEN;
            scales[r][threadIdx.x] = weight_of(top, largest[r]);
            is_shown |= top != HIDDEN;
        }
        if (!__syncthreads_or(is_shown))
            continue;
#pragma unroll
        for (int i = 0; i < OWN; i++) {
            const int element = threadIdx.x + i * SPLIT_THREADS;
            if (element >= elements)
                break;
            const float *scale = scales[element / (int)a.width];
            const float *from = parts.mixed + (int64_t)first * elements + element;
#pragma unroll 8
            for (int c = 0; c < count; c++)
                if (scale[c] != 0)
                    mixed[i] = fmaf(scale[c], __ldcg(from + (int64_t)c * elements), mixed[i]);
        }
    }
#pragma unroll
    for (int i = 0; i < OWN; i++) {
        const int element = threadIdx.x + i * SPLIT_THREADS;
        if (element >= elements)
            break;
        const int row = element / (int)a.width, column = element % (int)a.width;
        out[row * a.out_stride[2] + column] =
            narrow<T>(sums[row] > 0 ? mixed[i] / sums[row] : 0);
    }
}

// What the chunk has to say of the sums; DYNAMIC is shared memory, [SPLIT_WARPS][ROWS][width].
template <class T, int ROWS>
static __device__ __forceinline__ void attend_chunk(const struct gpu_attention &a, int64_t batch,
                                                    int64_t head, float (*scores)[SPLIT_KEYS],
                                                    float *largest, float *sums, float *dynamic)
{
    const int COUNT = vector<T>::count;
    const int64_t first = (int64_t)blockIdx.x * SPLIT_KEYS;
    const int part = threadIdx.x % 32 % ((int)a.width / COUNT);
    const T *const queries =
        (const T *)a.query + batch * a.query_stride[0] + head * a.query_stride[1] + part * COUNT;
    float query[ROWS][COUNT];
#pragma unroll
    for (int r = 0; r < ROWS; r++) {
        vector<T> values;
        values.bits = make_uint4(0, 0, 0, 0);
        if (r < a.rows)
            values.bits = *(const uint4 *)(queries + r * a.query_stride[2]);
#pragma unroll
        for (int i = 0; i < COUNT; i++)
            query[r][i] = values[i] * (a.scale * LOG2_E);
    }
    score_chunk<T, ROWS>(a, query,
                         (const T *)a.key + batch * a.key_stride[0] + head * a.key_stride[1],
                         first, scores);
    __syncthreads();
    weigh_chunk<ROWS>(scores, largest, sums);
    __syncthreads();
    mix_chunk<T, ROWS>(a,
                       (const T *)a.value + batch * a.value_stride[0] + head * a.value_stride[1],
                       first, scores, dynamic);
    __syncthreads();
    const int elements = (int)(a.rows * a.width);
    float *const mixed = parts_of(a).mixed + (int64_t)blockIdx.x * elements;
    for (int i = threadIdx.x; i < elements; i += SPLIT_THREADS) {
        float sum = 0;
#pragma unroll
        for (int w = 0; w < SPLIT_WARPS; w++)
            sum += dynamic[w * ROWS * (int)a.width + i];
        mixed[i] = sum;
    }
}

template <class T, int ROWS>
static __device__ __forceinline__ void attention_split(const struct gpu_attention &a)
{
    __shared__ float scores[ROWS][SPLIT_KEYS], largest[ROWS], sums[ROWS];
    __shared__ bool is_last;
    float *const dynamic = (float *)shared_memory;
    const int64_t batch = blockIdx.y / a.heads, head = blockIdx.y % a.heads;
    wait_for_predecessor();
    bool is_shown = false;
    for (int i = threadIdx.x; i < ROWS * SPLIT_KEYS; i += SPLIT_THREADS) {
        const float mask = shown<T>(a, batch, head, i / SPLIT_KEYS,
                                    (int64_t)blockIdx.x * SPLIT_KEYS + i % SPLIT_KEYS);
        scores[i / SPLIT_KEYS][i % SPLIT_KEYS] = mask * LOG2_E;
        is_shown |= mask != HIDDEN;
    }
    is_shown = __syncthreads_or(is_shown);
    if (is_shown)
        attend_chunk<T, ROWS>(a, batch, head, scores, largest, sums, dynamic);
    if (threadIdx.x < a.rows) {
        const struct parts parts = parts_of(a);
        const int64_t place = threadIdx.x * (int64_t)gridDim.x + blockIdx.x;
        parts.largest[place] = is_shown ? largest[threadIdx.x] : HIDDEN;
        parts.sums[place] = is_shown ? sums[threadIdx.x] : 0;
    }
    __threadfence();
    __syncthreads();
    if (threadIdx.x == 0) {
        is_last = atomicAdd(&a.tickets[blockIdx.y], 1) == gridDim.x - 1;
        if (is_last)
            a.tickets[blockIdx.y] = 0;
    }
    __syncthreads();
    if (!is_last)
        return;
    __threadfence();
    join_chunks<T, ROWS>(a, (T *)a.out + batch * a.out_stride[0] + head * a.out_stride[1]);
}

#define ATTENTION_SPLIT(T, ROWS)                                                                 \
    extern "C" __global__ void __launch_bounds__(SPLIT_THREADS)                                  \
        attention_split_##T##_##ROWS(const struct gpu_attention a)                               \
    {                                                                                            \
        attention_split<T, ROWS>(a);                                                             \
    }

ATTENTION_SPLIT(bf16, 1)
ATTENTION_SPLIT(bf16, 4)
ATTENTION_SPLIT(bf16, 8)
ATTENTION_SPLIT(f16, 1)
ATTENTION_SPLIT(f16, 4)
ATTENTION_SPLIT(f16, 8)
ATTENTION_SPLIT(f32, 1)
ATTENTION_SPLIT(f32, 4)
ATTENTION_SPLIT(f32, 8)

// ---- Any number of rows ----

// Rows [FIRST, FIRST + COUNT) of FROM [limit, width], widened and scaled; what lies outside is 0.
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

// The products of OWN rows of queries and a key, all of the given pitch, a multiple of 4.
template <int OWN>
static __device__ __forceinline__ void score_rows(float (&scores)[OWN], const float *queries,
                                                  const float *key, int pitch, int width)
{
#pragma unroll
    for (int r = 0; r < OWN; r++)
        scores[r] = 0;
    for (int i = 0; i < width; i += 4) {  // what lies behind the width is 0
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

// Shared memory: queries [QUERY_ROWS][pitch], keys or values [QUERY_KEYS][pitch]. A warp has OWN
// rows, a lane a key of each; then a lane has every 32nd element of the results of these rows.
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
    wait_for_predecessor();
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
        if (!__syncthreads_or(is_shown))  // and all are done with the chunk before
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
