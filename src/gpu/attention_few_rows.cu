// SPDX-License-Identifier: BSD-2-Clause
// Attention of a few rows over a cache whose unused part the mask hides.
//
// How it works: the keys of a head are split over several blocks, and each one computes a partial
// softmax (largest score, sum of weights, weighted values); the parts are joined at the end (Dao et
// al., Flash-Decoding, 2023). Chunks of keys hidden from all rows are skipped, so the time follows
// the part in use. Blocks are a cluster if the GPU has them and send their parts to the first
// block.
//
// Example: two blocks found largest scores 1 and 3, sums 2 and 4, values v and w. The first is
// scaled by 2^(1 - 3), as weights are powers of 2: the result is (v / 4 + w) / (2 / 4 + 4).
//
// Measured on an H100: a kernel starts 1.5 us after it may. So attention allows its successor at
// once and fetches keys and values before it waits: a decode step writes them only at its own
// position (gpu_step_writes()), so all others are there. Parts are sent by st.async, because a
// fence of the whole GPU, as in a barrier with release, also waits for the successor's weights (2.6
// us a layer). Long caches use clusters of 16, and tensor cores for 16-bit rows.

#include <cuda_pipeline_primitives.h>

#include "gpu/clusters.cuh"
#include "gpu/kernels_common.cuh"
#include "gpu/softmax.cuh"
#include "gpu/tensor_cores.cuh"

// The working memory and the results of a block. Scores become the weights of the keys.
template <class T> struct split_shared {
    uint64_t *arrived;                // see clusters.cuh
    T *keys, *values;                 // [SPLIT_KEYS][pitch]
    T *queries;                       // [rows, rounded up to eights][pitch]
    float *mixed;                     // [groups][rows][width]
    float *scores;                    // [rows][SPLIT_KEYS]
    float *end;                       // struct parts of a cluster
    float *largest, *sums, *factors;  // [rows], over the chunks so far

    __device__ __forceinline__ split_shared(const struct gpu_attention &a, unsigned char *shared)
    {
        const int elements = (int)(a.rows * a.width), pitch = SPLIT_PITCH(a.width, sizeof(T));
        arrived = (uint64_t *)shared;
        largest = (float *)(shared + VECTOR_BYTES);
        sums = largest + SPLIT_ROWS;
        factors = sums + SPLIT_ROWS;
        keys = (T *)(factors + SPLIT_ROWS);
        values = keys + SPLIT_KEYS * pitch;
        queries = values + SPLIT_KEYS * pitch;
        mixed = (float *)(queries + ((int)a.rows + 7) / 8 * 8 * pitch);
        scores = mixed + a.split_groups * elements;
        end = scores + a.rows * SPLIT_KEYS;
    }
};

// The chunks of keys of a block: every gridDim.x-th one of its head, numbered from 0. A thread has
// the same vector of every APART-th row fetched.
template <class T> struct chunks {
    const T *keys, *values, *mask;
    int key_stride, value_stride, mask_strides[2], rows, count;  // of keys
    int at, first_row, apart;

    __device__ __forceinline__ chunks(const struct gpu_attention &a)
        : key_stride((int)a.key_stride[2]), value_stride((int)a.value_stride[2]),
          mask_strides{(int)a.mask_stride[2], (int)a.mask_stride[3]}, rows((int)a.rows),
          count((int)a.keys)
    {
        const int batch = blockIdx.y / (int)a.heads, head = blockIdx.y % (int)a.heads;
        const int parts = (int)a.width / vector<T>::count;
        keys = (const T *)a.key + batch * a.key_stride[0] + head * a.key_stride[1];
        values = (const T *)a.value + batch * a.value_stride[0] + head * a.value_stride[1];
        mask = (const T *)a.mask + batch * a.mask_stride[0] + head * a.mask_stride[1];
        at = threadIdx.x % parts * vector<T>::count;
        apart = SPLIT_THREADS / parts;
        first_row = threadIdx.x / parts < apart ? threadIdx.x / parts : SPLIT_THREADS;
    }

    __device__ __forceinline__ int first_key(int chunk) const
    {
        return (chunk * gridDim.x + blockIdx.x) * SPLIT_KEYS;
    }

    // Reads the mask past the nearest cache, which does not follow other kernels' writes: this may
    // happen before the kernel has waited.
    __device__ __forceinline__ float mask_of(int row, int key) const
    {
        if (row >= rows || key >= count)
            return HIDDEN;
        return mask == NULL ? 0
                            : widen(__ldcg(mask + (int64_t)row * mask_strides[0]
                                           + (int64_t)key * mask_strides[1]));
    }

    // Returns a bit for each chunk that the mask does not hide from all rows.
    __device__ __forceinline__ unsigned shown(void) const
    {
        const int WARPS = SPLIT_THREADS / 32;
        __shared__ unsigned of_warps[WARPS];
        const int different = mask_strides[0] == 0 ? 1 : rows;
        unsigned all = 0;
#pragma unroll 1
        for (int row = 0; row < different; row++)
#pragma unroll
            for (int i = 0; i < SPLIT_CHUNKS / WARPS; i++) {
                const int chunk = i * WARPS + threadIdx.x / 32;
                const int key = first_key(chunk) + threadIdx.x % 32;
                const bool is_left = mask_of(row, key) != HIDDEN;
                const bool is_right = mask_of(row, key + 32) != HIDDEN;
                all |= (unsigned)(is_left | is_right) << chunk;
            }
        all = __reduce_or_sync(~0u, all);
        if (threadIdx.x % 32 == 0)
            of_warps[threadIdx.x / 32] = all;
        __syncthreads();
        all = __reduce_or_sync(~0u, of_warps[threadIdx.x % WARPS]);
        __syncthreads();
        return all;
    }

    // Starts copying a chunk, FROM the keys or values, into TILE, except for the row LEFT OUT. Rows
    // past the last one become 0.
    __device__ __forceinline__ void fetch(T *tile, int pitch, const T *from, int stride, int chunk,
                                          int left_out) const
    {
        const int first = first_key(chunk);
#pragma unroll 1
        for (int row = first_row; row < SPLIT_KEYS; row += apart)
            if (first + row != left_out)
                fetch_row(tile, pitch, from, stride, first, row);
    }

    // Copies the row of this key if it is in the chunk.
    __device__ __forceinline__ void fetch_key(T *tile, int pitch, const T *from, int stride, int chunk,
                                              int key) const
    {
        const int first = first_key(chunk), row = key - first;
        if (row >= 0 && row < SPLIT_KEYS && row % apart == first_row)
            fetch_row(tile, pitch, from, stride, first, row);
    }

    // Prefetches a chunk into the cache of the GPU.
    __device__ __forceinline__ void prefetch(int chunk) const
    {
        const int first = first_key(chunk);
#pragma unroll 1
        for (int row = first_row; row < SPLIT_KEYS && first + row < count; row += apart) {
            prefetch_line(keys + (int64_t)(first + row) * key_stride + at);
            prefetch_line(values + (int64_t)(first + row) * value_stride + at);
        }
    }

    __device__ __forceinline__ void fetch_row(T *tile, int pitch, const T *from, int stride, int first,
                                              int row) const
    {
        const bool is_inside = first + row < count;
        __pipeline_memcpy_async(tile + row * pitch + at,
                                from + (int64_t)(is_inside ? first + row : 0) * stride + at,
                                VECTOR_BYTES, is_inside ? 0 : VECTOR_BYTES);
    }
};

// The number of scores that a thread computes. On tensor cores, see multiply(), a warp computes the
// scores of 16 keys and 8 rows.
enum { OWN_SCORES = SPLIT_ROWS * SPLIT_KEYS / SPLIT_THREADS };

template <class T> struct own {
    static const bool BY_TENSOR_CORES = sizeof(T) == 2;

    static __device__ __forceinline__ int row(int i)
    {
        if (BY_TENSOR_CORES)
            return threadIdx.x / 128 * 8 + threadIdx.x % 4 * 2 + i % 2;
        return threadIdx.x / SPLIT_KEYS + i * (SPLIT_THREADS / SPLIT_KEYS);
    }
    static __device__ __forceinline__ int key(int i)
    {
        if (BY_TENSOR_CORES)
            return threadIdx.x % 128 / 32 * 16 + threadIdx.x % 32 / 4 + i / 2 * 8;
        return threadIdx.x % SPLIT_KEYS;
    }
};

template <class T>
static __device__ __forceinline__ void load_masks(float (&masks)[OWN_SCORES],
                                                  const chunks<T> &chunks, int chunk)
{
#pragma unroll
    for (int i = 0; i < OWN_SCORES; i++)
        masks[i] = chunks.mask_of(own<T>::row(i), chunks.first_key(chunk) + own<T>::key(i));
}

// Multiplies keys and queries. Results past the last query are not used.
template <class T>
static __device__ __forceinline__ void multiply_keys(float (&sums)[OWN_SCORES], int, int width,
                                                     const struct split_shared<T> &s)
{
    const int lane = threadIdx.x % 32, pitch = SPLIT_PITCH(width, sizeof(T));
    const int key = threadIdx.x % 128 / 32 * 16 + lane % 16, row = threadIdx.x / 128 * 8 + lane % 8;
    const T *const keys = s.keys + key * pitch + lane / 16 * 8;
    const T *const queries = s.queries + row * pitch + lane / 8 % 2 * 8;
#pragma unroll 4
    for (int at = 0; at < width; at += 16) {
        uint32_t left[4], right[4];
        load_matrices(left, keys + at);
        load_matrices(right, queries + at);
        multiply(sums, left, right[0], right[1], T());
    }
}

template <>
__device__ __forceinline__ void multiply_keys(float (&sums)[OWN_SCORES], int rows, int width,
                                              const struct split_shared<f32> &s)
{
    const int COUNT = vector<f32>::count, pitch = SPLIT_PITCH(width, sizeof(f32));
    const f32 *const key = s.keys + own<f32>::key(0) * pitch;
#pragma unroll 1
    for (int at = 0; at < width; at += COUNT) {
        const vector<f32> values = load_vector(key + at);
#pragma unroll
        for (int i = 0; i < OWN_SCORES; i++)
            if (own<f32>::row(i) < rows)
                sums[i] += dot(values, s.queries + own<f32>::row(i) * pitch + at);
    }
}

template <class T>
static __device__ __forceinline__ void score_chunk(const struct gpu_attention &a,
                                                   const struct split_shared<T> &s,
                                                   const float (&masks)[OWN_SCORES])
{
    const int rows = (int)a.rows;
    float sums[OWN_SCORES] = {};
    if (own<T>::BY_TENSOR_CORES && threadIdx.x / 128 * 8 >= rows)
        return;
    multiply_keys(sums, rows, (int)a.width, s);
#pragma unroll
    for (int i = 0; i < OWN_SCORES; i++)
        if (own<T>::row(i) < rows)
            s.scores[own<T>::row(i) * SPLIT_KEYS + own<T>::key(i)] =
                (sums[i] * a.scale + masks[i]) * LOG2_E;
}

// Turns the scores of each row into weights. Earlier results get a factor.
template <class T>
static __device__ __forceinline__ void weigh_chunk(const struct split_shared<T> &s, int rows)
{
    const int lane = threadIdx.x % 32;
#pragma unroll 1
    for (int r = threadIdx.x / 32; r < rows; r += SPLIT_THREADS / 32) {
        float *const left = s.scores + r * SPLIT_KEYS + lane, *const right = left + 32;
        const float before = s.largest[r];
        const float top = fmaxf(before, largest_of_warp(fmaxf(*left, *right)));
        *left = weight_of(*left, top);
        *right = weight_of(*right, top);
        const float sum = sum_of_warp(*left + *right);
        if (lane == 0) {
            s.factors[r] = weight_of(before, top);
            s.sums[r] = s.sums[r] * s.factors[r] + sum;
            s.largest[r] = top;
        }
    }
}

// Splits two weights into elements that tensor cores take, and the remainders.
template <class T>
static __device__ __forceinline__ void divide_weights(const float2 weights, uint32_t &high,
                                                      uint32_t &low)
{
    union {
        T elements[2];
        uint32_t bits;
    } first, rest;
    first.elements[0] = narrow<T>(weights.x);
    first.elements[1] = narrow<T>(weights.y);
    rest.elements[0] = narrow<T>(weights.x - widen(first.elements[0]));
    rest.elements[1] = narrow<T>(weights.y - widen(first.elements[1]));
    high = first.bits;
    low = rest.bits;
}

// Adds the weighted sums of the chunk's values by tensor cores: a warp has 16 elements of all rows.
template <class T>
static __device__ __forceinline__ void mix_chunk(const struct gpu_attention &a,
                                                 const struct split_shared<T> &s, int, int, int,
                                                 int)
{
    const int rows = (int)a.rows, width = (int)a.width, lane = threadIdx.x % 32;
    const int pitch = SPLIT_PITCH(width, sizeof(T));
    const T *const values = s.values + lane % 16 * pitch + lane / 16 * 8;
#pragma unroll 1
    for (int first = threadIdx.x / 32 * 16; first < width; first += SPLIT_THREADS / 32 * 16) {
        float sums[2][4] = {};
#pragma unroll
        for (int key = 0; key < SPLIT_KEYS; key += 16) {
            uint32_t high[4], low[4], right[4];
#pragma unroll
            for (int i = 0; i < 4; i++) {
                const int row = lane / 4 + i % 2 * 8, from = key + lane % 4 * 2 + i / 2 * 8;
                const float2 weights = row < rows
                                           ? *(const float2 *)(s.scores + row * SPLIT_KEYS + from)
                                           : make_float2(0, 0);
                divide_weights<T>(weights, high[i], low[i]);
            }
            load_transposed(right, values + key * pitch + first);
#pragma unroll
            for (int i = 0; i < 2; i++) {
                multiply(sums[i], high, right[2 * i], right[2 * i + 1], T());
                multiply(sums[i], low, right[2 * i], right[2 * i + 1], T());
            }
        }
#pragma unroll
        for (int i = 0; i < 4; i++) {
            const int row = lane / 4 + i % 2 * 8, at = first + i / 2 * 8 + lane % 4 * 2;
            if (row < rows) {
                float2 *const to = (float2 *)(s.mixed + row * width + at);
                const float factor = s.factors[row], *const sum = sums[i / 2] + i % 2 * 2;
                *to = make_float2(fmaf(to->x, factor, sum[0]), fmaf(to->y, factor, sum[1]));
            }
        }
    }
}

// Likewise for float32: each group of threads has some of the keys, and all rows unless there are
// many.
static __device__ __forceinline__ void mix_chunk(const struct gpu_attention &a,
                                                 const struct split_shared<f32> &s, int at, int row,
                                                 int group, int apart)
{
    const int COUNT = vector<f32>::count, rows = (int)a.rows, width = (int)a.width;
#pragma unroll 1
    for (; row < rows; row += apart) {
        float sums[COUNT] = {};
#pragma unroll 2
        for (int key = group; key < SPLIT_KEYS; key += a.split_groups) {
            const vector<f32> value =
                load_vector(s.values + key * SPLIT_PITCH(width, sizeof(f32)) + at);
            const float weight = s.scores[row * SPLIT_KEYS + key];
#pragma unroll
            for (int e = 0; e < COUNT; e++)
                sums[e] = fmaf(weight, value[e], sums[e]);
        }
        float *const to = s.mixed + (group * rows + row) * width + at;
#pragma unroll
        for (int e = 0; e < COUNT; e++)
            to[e] = fmaf(to[e], s.factors[row], sums[e]);
    }
}

static __device__ __forceinline__ int first_of(unsigned chunks)
{
    return __ffs((int)chunks) - 1;
}

// Processes all chunks of this block: the largest scores, the sums and the weighted values go to S.
// The next chunk is copied while one is processed. If it is known which keys and values other
// kernels may still write, the rest of the first chunk is fetched before the wait.
template <class T>
static __device__ __forceinline__ void attend(const struct gpu_attention &a,
                                              const struct split_shared<T> &s)
{
    const chunks<T> chunks(a);
    const int rows = (int)a.rows, width = (int)a.width, elements = rows * width;
    const int pitch = SPLIT_PITCH(width, sizeof(T));
    const int NONE = -1, written = a.written != NULL ? (int)__ldcg(a.written) : NONE;
    float masks[OWN_SCORES];
    launch_successor();
    // Earlier chunks are most likely in use.
    for (int chunk = 0; chunk < 2; chunk++)
        if (chunks.first_key(chunk) < written)
            chunks.prefetch(chunk);
#pragma unroll 1
    for (int i = threadIdx.x; i < elements * a.split_groups; i += SPLIT_THREADS)
        s.mixed[i] = 0;
    if (threadIdx.x < rows) {
        s.largest[threadIdx.x] = HIDDEN;
        s.sums[threadIdx.x] = 0;
    }
    const T *const queries = (const T *)a.query + blockIdx.y / (int)a.heads * a.query_stride[0]
                             + blockIdx.y % (int)a.heads * a.query_stride[1] + chunks.at;
    // This thread's part of the weighted sums; a thread left over has no row.
    const int groups = a.split_groups;
    const int group = groups > 1 ? chunks.first_row / rows : 0;
    const int row = group < groups ? chunks.first_row - group * rows : rows;
    if (written == NONE)
        wait_for_predecessor();
    unsigned left = chunks.shown();
    int current = first_of(left);
    left &= left - 1;
    if (current >= 0) {
        chunks.fetch(s.keys, pitch, chunks.keys, chunks.key_stride, current, written);
        chunks.fetch(s.values, pitch, chunks.values, chunks.value_stride, current, written);
        load_masks(masks, chunks, current);
    }
    if (written != NONE)
        wait_for_predecessor();
    if (current >= 0) {
        chunks.fetch_key(s.keys, pitch, chunks.keys, chunks.key_stride, current, written);
        chunks.fetch_key(s.values, pitch, chunks.values, chunks.value_stride, current, written);
    }
#pragma unroll 1
    for (int i = chunks.first_row; i < rows; i += chunks.apart)
        __pipeline_memcpy_async(s.queries + i * pitch + chunks.at,
                                queries + i * a.query_stride[2], VECTOR_BYTES);
    __pipeline_commit();
    __pipeline_commit();  // as if the values had followed the keys
#pragma unroll 1
    while (current >= 0) {
        const int next = first_of(left);
        left &= left - 1;
        __pipeline_wait_prior(1);
        __syncthreads();
        score_chunk(a, s, masks);
        __syncthreads();
        if (next >= 0) {
            chunks.fetch(s.keys, pitch, chunks.keys, chunks.key_stride, next, NONE);
            load_masks(masks, chunks, next);
        }
        __pipeline_commit();
        weigh_chunk(s, rows);
        __pipeline_wait_prior(1);
        __syncthreads();
        mix_chunk(a, s, chunks.at, row, group, chunks.apart);
        __syncthreads();
        if (next >= 0)
            chunks.fetch(s.values, pitch, chunks.values, chunks.value_stride, next, NONE);
        __pipeline_commit();
        if (left != 0)
            chunks.prefetch(first_of(left));
        current = next;
    }
    __pipeline_wait_prior(0);
    __syncthreads();
}

// The memory for the parts of a head's blocks.
struct parts {
    float *mixed;           // [blocks][rows][width]
    float *largest, *sums;  // [blocks][rows]
    int rows, elements;

    // The parts of so many BLOCKS are at FROM, the first one for this head.
    __device__ __forceinline__ parts(const struct gpu_attention &a, float *from, int64_t first,
                                     int64_t blocks)
        : rows((int)a.rows), elements((int)(a.rows * a.width))
    {
        mixed = from + first * elements;
        largest = from + blocks * elements + first * rows;
        sums = largest + blocks * rows;
    }
};

// Writes the results of this block to TO.
template <class T, class Parts>
static __device__ __forceinline__ void leave(const struct gpu_attention &a,
                                             const struct split_shared<T> &s, const Parts &to)
{
    const float4 *const mixed = (const float4 *)s.mixed;
    const int block = blockIdx.x, count = to.elements / 4;
#pragma unroll 1
    for (int i = threadIdx.x; i < count; i += SPLIT_THREADS) {
        float4 sum = mixed[i];
#pragma unroll 1
        for (int group = 1; group < a.split_groups; group++) {
            const float4 other = mixed[group * count + i];
            sum.x += other.x;
            sum.y += other.y;
            sum.z += other.z;
            sum.w += other.w;
        }
        to.put((float4 *)to.mixed + block * (int64_t)count + i, sum);
    }
    if (threadIdx.x < to.rows) {
        to.put(to.largest + block * to.rows + threadIdx.x, s.largest[threadIdx.x]);
        to.put(to.sums + block * to.rows + threadIdx.x, s.sums[threadIdx.x]);
    }
}

// Joins the parts of the blocks.
template <class T, class Parts>
static __device__ __forceinline__ void join(const struct gpu_attention &a, const Parts &parts)
{
    const int count = (int)gridDim.x, width = (int)a.width;
    T *const out = (T *)a.out + blockIdx.y / (int)a.heads * a.out_stride[0]
                   + blockIdx.y % (int)a.heads * a.out_stride[1];
    // Two lanes have four elements, every other block each.
    const int half = threadIdx.x % 2;
#pragma unroll 1
    for (int first = 0; first < (int)a.rows * width / 4; first += SPLIT_THREADS / 2) {
        const int i = min(first + (int)threadIdx.x / 2, (int)a.rows * width / 4 - 1);
        const int row = 4 * i / width;
        float largest = HIDDEN, sum = 0, mixed[4] = {};
#pragma unroll 4
        for (int block = half; block < count; block += 2)
            largest = fmaxf(largest, parts.get(parts.largest + block * parts.rows + row));
        largest = fmaxf(largest, __shfl_xor_sync(~0u, largest, 1));
#pragma unroll 4
        for (int block = half; block < count; block += 2) {
            const float weight =
                weight_of(parts.get(parts.largest + block * parts.rows + row), largest);
            const float4 values =
                parts.get((const float4 *)(parts.mixed + (int64_t)block * parts.elements) + i);
            sum = fmaf(weight, parts.get(parts.sums + block * parts.rows + row), sum);
            mixed[0] = fmaf(weight, values.x, mixed[0]);
            mixed[1] = fmaf(weight, values.y, mixed[1]);
            mixed[2] = fmaf(weight, values.z, mixed[2]);
            mixed[3] = fmaf(weight, values.w, mixed[3]);
        }
        sum += __shfl_xor_sync(~0u, sum, 1);
        const float scale = sum > 0 ? 1 / sum : 0;
        T *const to = out + row * a.out_stride[2] + 4 * i % width;
#pragma unroll
        for (int e = 0; e < 4; e++) {
            mixed[e] += __shfl_xor_sync(~0u, mixed[e], 1);
            if (e / 2 == half)
                to[e] = narrow<T>(mixed[e] * scale);
        }
    }
}

// Blocks of a cluster send their parts to the first block.
struct sent_parts : parts {
    uint64_t *arrived;

    template <class V> __device__ __forceinline__ void put(V *to, V value) const
    {
        send(to, value, arrived);
    }
    template <class V> __device__ __forceinline__ V get(const V *from) const
    {
        return *from;
    }
};

template <class T> static __device__ __forceinline__ void attention_cluster(const struct gpu_attention &a)
{
    const struct split_shared<T> s(a, shared_memory);
    const struct sent_parts parts = {{a, s.end, 0, gridDim.x}, s.arrived};
    open_inbox(s.arrived, gridDim.x * (unsigned)(a.rows * (a.width + 2) * sizeof(float)));
    attend(a, s);
    wait_for_inbox();
    leave(a, s, parts);
    if (blockIdx.x > 0)
        return;
    wait_for_arrival(s.arrived);
    join<T>(a, parts);
}

// Other blocks write their parts to the memory of the GPU.
struct written_parts : parts {
    template <class V> __device__ __forceinline__ void put(V *to, V value) const
    {
        *to = value;
    }
    template <class V> __device__ __forceinline__ V get(const V *from) const
    {
        return __ldcg(from);
    }
};

template <class T> static __device__ __forceinline__ void attention_split(const struct gpu_attention &a)
{
    __shared__ bool is_last;
    const struct split_shared<T> s(a, shared_memory);
    const struct written_parts parts = {
        {a, a.partial, (int64_t)blockIdx.y * gridDim.x, (int64_t)gridDim.y * gridDim.x}};
    attend(a, s);
    leave(a, s, parts);
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
    join<T>(a, parts);
}

#define ATTENTION_FEW(KIND, T)                                                                   \
    extern "C" __global__ void __launch_bounds__(SPLIT_THREADS)                                  \
        attention_few_rows_##KIND##_##T(const struct gpu_attention a)                                     \
    {                                                                                            \
        attention_##KIND<T>(a);                                                                  \
    }

ATTENTION_FEW(cluster, bf16)
ATTENTION_FEW(cluster, f16)
ATTENTION_FEW(cluster, f32)
ATTENTION_FEW(split, bf16)
ATTENTION_FEW(split, f16)
ATTENTION_FEW(split, f32)
