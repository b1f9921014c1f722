// SPDX-License-Identifier: BSD-2-Clause
// Attention over a cache whose unused part the mask hides. Chunks of keys that are hidden from all
// rows at hand are passed over, so the time follows the part in use. The softmax is taken chunk by
// chunk and rescaled as the largest score grows (Milakov and Gimelshein, Online normalizer
// calculation for softmax, 2018); chunks of one row are joined at the end (Dao et al.,
// Flash-Decoding, 2023).

#include <cuda_pipeline_primitives.h>

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

// A block's shared memory. The scores become the weights of the keys, and then those of the chunks.
template <class T> struct split_shared {
    float *queries;  // [rows][width], scaled
    float *scores;   // [rows][SPLIT_KEYS]
    float *mixed;    // [groups][rows][width]
    T *keys, *values;  // [SPLIT_KEYS][pitch]
};

template <class T>
static __device__ __forceinline__ struct split_shared<T> divide_shared(const struct gpu_attention &a,
                                                                       void *shared)
{
    const int elements = (int)(a.rows * a.width);
    struct split_shared<T> s;
    s.queries = (float *)shared;
    s.scores = s.queries + elements;
    s.mixed = s.scores + a.rows * SPLIT_KEYS;
    s.keys = (T *)(s.mixed + a.split_groups * elements);
    s.values = s.keys + SPLIT_KEYS * SPLIT_PITCH(a.width, sizeof(T));
    return s;
}

// Puts a chunk of keys or values on its way into TILE; what lies behind the last one becomes 0.
template <class T>
static __device__ __forceinline__ void fetch_chunk(T *tile, const T *from, int64_t stride, int width,
                                                   int count)
{
    const int COUNT = vector<T>::count, parts = width / COUNT;
#pragma unroll 1
    for (int i = threadIdx.x; i < SPLIT_KEYS * parts; i += SPLIT_THREADS) {
        const int key = i / parts, at = i % parts * COUNT;
        __pipeline_memcpy_async(tile + key * SPLIT_PITCH(width, sizeof(T)) + at,
                                from + (key < count ? key : 0) * stride + at, VECTOR_BYTES,
                                key < count ? 0 : VECTOR_BYTES);
    }
    __pipeline_commit();
}

// Adds the products of queries and keys to what the scores hold, the mask.
template <class T>
static __device__ __forceinline__ void score_chunk(const struct split_shared<T> &s, int rows,
                                                   int width)
{
    const int COUNT = vector<T>::count;
#pragma unroll 1
    for (int i = threadIdx.x; i < rows * SPLIT_KEYS; i += SPLIT_THREADS) {
        const float *const query = s.queries + i / SPLIT_KEYS * width;
        const T *const key = s.keys + i % SPLIT_KEYS * SPLIT_PITCH(width, sizeof(T));
        float sum = s.scores[i];
#pragma unroll 4
        for (int at = 0; at < width; at += COUNT)
            sum += dot(load_vector(key + at), query + at);
        s.scores[i] = sum;
    }
}

// Turns the scores of each row into weights and notes their sum and the largest score.
static __device__ __forceinline__ void weigh_chunk(float *scores, int rows, float *largest,
                                                   float *sums)
{
    const int lane = threadIdx.x % 32;
#pragma unroll 1
    for (int r = threadIdx.x / 32; r < rows; r += SPLIT_THREADS / 32) {
        float *const left = scores + r * SPLIT_KEYS + lane, *const right = left + 32;
        const float top = largest_of_warp(fmaxf(*left, *right));
        *left = weight_of(*left, top);
        *right = weight_of(*right, top);
        const float sum = sum_of_warp(*left + *right);
        if (lane == 0) {
            largest[r] = top;
            sums[r] = sum;
        }
    }
}

// The weighted sums of the chunk's values, [rows][width]: each group of threads has some of the
// keys.
template <class T>
static __device__ __forceinline__ void mix_chunk(const struct split_shared<T> &s, int rows, int width,
                                                 int groups, float *mixed)
{
    const int COUNT = vector<T>::count, parts = width / COUNT, elements = rows * width;
#pragma unroll 1
    for (int i = threadIdx.x; i < rows * parts * groups; i += SPLIT_THREADS) {
        const int at = i % parts * COUNT, row = i / parts % rows, group = i / parts / rows;
        float sums[COUNT] = {};
#pragma unroll 4
        for (int key = group; key < SPLIT_KEYS; key += groups) {
            const vector<T> value =
                load_vector(s.values + key * SPLIT_PITCH(width, sizeof(T)) + at);
            const float weight = s.scores[row * SPLIT_KEYS + key];
#pragma unroll
            for (int e = 0; e < COUNT; e++)
                sums[e] = fmaf(weight, value[e], sums[e]);
        }
        float4 *const to = (float4 *)(s.mixed + group * elements + row * width + at);
#pragma unroll
        for (int e = 0; e < COUNT; e += 4)
            to[e / 4] = make_float4(sums[e], sums[e + 1], sums[e + 2], sums[e + 3]);
    }
    __syncthreads();
#pragma unroll 1
    for (int i = threadIdx.x; i < elements; i += SPLIT_THREADS) {
        float sum = 0;
#pragma unroll 1
        for (int group = 0; group < groups; group++)
            sum += s.mixed[group * elements + i];
        mixed[i] = sum;
    }
}

// Where the chunks of a head leave what they found.
struct parts {
    float *largest, *sums;  // [rows][chunks]
    float *mixed;           // [chunks][rows][width]
};

static __device__ __forceinline__ struct parts parts_of(const struct gpu_attention &a)
{
    const int64_t own = gridDim.x * a.rows, first = blockIdx.y * own, all = gridDim.y * own;
    float *const largest = a.partial + all * a.width;
    return {largest + first, largest + all + first, a.partial + first * a.width};
}

// The largest score and the sum of each row over all chunks.
static __device__ __forceinline__ void join_sums(const struct parts &parts, int rows, int chunks,
                                                 float *largest, float *sums)
{
    const int lane = threadIdx.x % 32;
#pragma unroll 1
    for (int r = threadIdx.x / 32; r < rows; r += SPLIT_THREADS / 32) {
        float top = HIDDEN, sum = 0;
#pragma unroll 1
        for (int c = lane; c < chunks; c += 32) {
            const float other = __ldcg(parts.largest + r * chunks + c);
            const float other_sum = __ldcg(parts.sums + r * chunks + c);
            const float both = fmaxf(top, other);
            sum = sum * weight_of(top, both) + other_sum * weight_of(other, both);
            top = both;
        }
        const float all = largest_of_warp(top);
        sum = sum_of_warp(sum * weight_of(top, all));
        if (lane == 0) {
            largest[r] = all;
            sums[r] = sum;
        }
    }
}

// Adds to SUM what COUNT chunks have at FROM, each by its weight; several are on their way at once.
static __device__ __forceinline__ void add_chunks(float4 &sum, const float *weights, int count,
                                                  const float *from, int elements)
{
    const int TAKEN = 8;
#pragma unroll 1
    for (int c = 0; c < count; c += TAKEN) {
        float4 taken[TAKEN];
#pragma unroll
        for (int i = 0; i < TAKEN; i++)
            taken[i] = weights[c + i] != 0
                           ? __ldcg((const float4 *)(from + (int64_t)(c + i) * elements))
                           : make_float4(0, 0, 0, 0);
#pragma unroll
        for (int i = 0; i < TAKEN; i++) {
            const float weight = weights[c + i];
            sum.x = fmaf(weight, taken[i].x, sum.x);
            sum.y = fmaf(weight, taken[i].y, sum.y);
            sum.z = fmaf(weight, taken[i].z, sum.z);
            sum.w = fmaf(weight, taken[i].w, sum.w);
        }
    }
}

// Brings the chunks of a head together, SPLIT_KEYS of them at a time.
template <class T>
static __device__ __forceinline__ void join_chunks(const struct gpu_attention &a,
                                                   const struct split_shared<T> &s, float *largest,
                                                   float *sums, T *out)
{
    const struct parts parts = parts_of(a);
    const int chunks = gridDim.x, rows = (int)a.rows, width = (int)a.width;
    const int elements = rows * width;
    float4 *const mixed = (float4 *)s.mixed;  // a thread has the same ones all the time
    join_sums(parts, rows, chunks, largest, sums);
#pragma unroll 1
    for (int i = threadIdx.x; i < elements / 4; i += SPLIT_THREADS)
        mixed[i] = make_float4(0, 0, 0, 0);
#pragma unroll 1
    for (int first = 0; first < chunks; first += SPLIT_KEYS) {
        const int count = min(chunks - first, (int)SPLIT_KEYS);
        __syncthreads();
#pragma unroll 1
        for (int i = threadIdx.x; i < rows * SPLIT_KEYS; i += SPLIT_THREADS) {
            const int row = i / SPLIT_KEYS, c = i % SPLIT_KEYS;
            s.scores[i] = c < count ? weight_of(__ldcg(parts.largest + row * chunks + first + c),
                                                largest[row])
                                    : 0;
        }
        __syncthreads();
#pragma unroll 1
        for (int i = threadIdx.x; i < elements / 4; i += SPLIT_THREADS)
            add_chunks(mixed[i], s.scores + 4 * i / width * SPLIT_KEYS, count,
                       parts.mixed + (int64_t)first * elements + 4 * i, elements);
    }
#pragma unroll 1
    for (int i = threadIdx.x; i < elements / 4; i += SPLIT_THREADS) {
        const int row = 4 * i / width;
        const float scale = sums[row] > 0 ? 1 / sums[row] : 0;
        T *const to = out + row * a.out_stride[2] + 4 * i % width;
        to[0] = narrow<T>(mixed[i].x * scale);
        to[1] = narrow<T>(mixed[i].y * scale);
        to[2] = narrow<T>(mixed[i].z * scale);
        to[3] = narrow<T>(mixed[i].w * scale);
    }
}

// The keys and the values of a block's chunk.
template <class T> struct chunk {
    const T *keys, *values;
    int64_t key_stride, value_stride;
    int count, width;

    __device__ __forceinline__ chunk(const struct gpu_attention &a, int64_t batch, int64_t head)
        : key_stride(a.key_stride[2]), value_stride(a.value_stride[2]), width((int)a.width)
    {
        const int64_t first = (int64_t)blockIdx.x * SPLIT_KEYS;
        keys = (const T *)a.key + batch * a.key_stride[0] + head * a.key_stride[1]
               + first * key_stride;
        values = (const T *)a.value + batch * a.value_stride[0] + head * a.value_stride[1]
                 + first * value_stride;
        count = (int)min(a.keys - first, (int64_t)SPLIT_KEYS);
    }

    __device__ __forceinline__ void fetch(const struct split_shared<T> &s) const
    {
        fetch_chunk<T>(s.keys, keys, key_stride, width, count);
        fetch_chunk<T>(s.values, values, value_stride, width, count);
    }

    __device__ __forceinline__ void prefetch(void) const
    {
        const int COUNT = LINE_BYTES / sizeof(T), lines = (width + COUNT - 1) / COUNT;
#pragma unroll 1
        for (int i = threadIdx.x; i < count * lines; i += SPLIT_THREADS) {
            prefetch_line(keys + i / lines * key_stride + i % lines * COUNT);
            prefetch_line(values + i / lines * value_stride + i % lines * COUNT);
        }
    }
};

// Whether the mask shows the last row any key, as far as can be told before the kernel has waited.
// What is looked at here must not stay in the nearest cache, which does not follow what others
// write.
template <class T>
static __device__ __forceinline__ bool seems_shown(const struct gpu_attention &a, int64_t batch,
                                                   int64_t head)
{
    const int64_t key = (int64_t)blockIdx.x * SPLIT_KEYS + threadIdx.x;
    bool is_shown = false;
    if (threadIdx.x < SPLIT_KEYS && key < a.keys)
        is_shown = a.mask == NULL
                   || widen(__ldcg((const T *)a.mask + batch * a.mask_stride[0]
                                   + head * a.mask_stride[1] + (a.rows - 1) * a.mask_stride[2]
                                   + key * a.mask_stride[3]))
                          != HIDDEN;
    return __syncthreads_or(is_shown);
}

// Readies the queries, and the scores as the mask has them. Returns whether any key is shown.
template <class T>
static __device__ __forceinline__ bool begin_chunk(const struct gpu_attention &a,
                                                   const struct split_shared<T> &s, int64_t batch,
                                                   int64_t head)
{
    const int COUNT = vector<T>::count, parts = (int)a.width / COUNT;
    const int64_t first = (int64_t)blockIdx.x * SPLIT_KEYS;
    bool is_shown = false;
#pragma unroll 1
    for (int i = threadIdx.x; i < (int)a.rows * SPLIT_KEYS; i += SPLIT_THREADS) {
        const float mask = shown<T>(a, batch, head, i / SPLIT_KEYS, first + i % SPLIT_KEYS);
        s.scores[i] = mask * LOG2_E;
        is_shown |= mask != HIDDEN;
    }
    const T *const queries =
        (const T *)a.query + batch * a.query_stride[0] + head * a.query_stride[1];
#pragma unroll 1
    for (int i = threadIdx.x; i < (int)a.rows * parts; i += SPLIT_THREADS) {
        const vector<T> query =
            load_vector(queries + i / parts * a.query_stride[2] + i % parts * COUNT);
#pragma unroll
        for (int e = 0; e < COUNT; e++)
            s.queries[i * COUNT + e] = query[e] * (a.scale * LOG2_E);
    }
    return __syncthreads_or(is_shown);
}

// What the chunk has to say of the sums.
template <class T>
static __device__ __forceinline__ void attend_chunk(const struct gpu_attention &a,
                                                    const struct split_shared<T> &s,
                                                    float *largest, float *sums)
{
    const int rows = (int)a.rows, width = (int)a.width;
    __pipeline_wait_prior(1);
    __syncthreads();
    score_chunk<T>(s, rows, width);
    __syncthreads();
    weigh_chunk(s.scores, rows, largest, sums);
    __pipeline_wait_prior(0);
    __syncthreads();
    mix_chunk<T>(s, rows, width, a.split_groups,
                 parts_of(a).mixed + (int64_t)blockIdx.x * rows * width);
}

template <class T>
static __device__ __forceinline__ void attention_split(const struct gpu_attention &a)
{
    __shared__ float largest[SPLIT_ROWS], sums[SPLIT_ROWS];
    __shared__ bool is_last;
    const struct split_shared<T> s = divide_shared<T>(a, shared_memory);
    const int64_t batch = blockIdx.y / a.heads, head = blockIdx.y % a.heads;
    const chunk<T> chunk(a, batch, head);
    const bool is_expected = seems_shown<T>(a, batch, head);
    if (is_expected)
        chunk.prefetch();
    wait_for_predecessor();
    if (is_expected)
        chunk.fetch(s);
    const bool is_shown = begin_chunk<T>(a, s, batch, head);
    if (is_shown && !is_expected)
        chunk.fetch(s);
    if (is_shown)
        attend_chunk<T>(a, s, largest, sums);
    __pipeline_wait_prior(0);
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
    join_chunks<T>(a, s, largest, sums,
                   (T *)a.out + batch * a.out_stride[0] + head * a.out_stride[1]);
}

#define ATTENTION_SPLIT(T)                                                                       \
    extern "C" __global__ void __launch_bounds__(SPLIT_THREADS)                                  \
        attention_split_##T(const struct gpu_attention a)                                        \
    {                                                                                            \
        attention_split<T>(a);                                                                   \
    }

ATTENTION_SPLIT(bf16)
ATTENTION_SPLIT(f16)
ATTENTION_SPLIT(f32)

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
