// SPDX-License-Identifier: BSD-2-Clause
// From logits to an id without leaving the GPU, with the meaning of model/sampling.h. Weights are
// whole numbers of 2^-40, so that sums are the same in whatever order they are taken.

#include "gpu/kernels_common.cuh"

typedef unsigned long long whole;

#define WEIGHT_ONE 1099511627776.0f  // 2^40

// A number whose order is that of the logits.
static __device__ __forceinline__ uint32_t order_of(float logit)
{
    const uint32_t bits = __float_as_uint(logit);
    return bits & 0x80000000u ? ~bits : bits | 0x80000000u;
}

// The larger logit, of equal ones the smaller id; not a number wins.
static __device__ __forceinline__ struct gpu_best better(struct gpu_best a, struct gpu_best b)
{
    if (isnan(a.logit) || isnan(b.logit))
        return isnan(a.logit) ? a : b;
    return b.logit > a.logit || (b.logit == a.logit && b.id < a.id) ? b : a;
}

// The best of a block of THREADS, in thread 0.
template <int THREADS> static __device__ __forceinline__ struct gpu_best best_of_block(struct gpu_best best)
{
    __shared__ struct gpu_best warps[THREADS / 32];
    for (int offset = 16; offset > 0; offset /= 2) {
        struct gpu_best other;
        other.logit = __shfl_down_sync(~0u, best.logit, offset);
        other.id = __shfl_down_sync(~0u, best.id, offset);
        best = better(best, other);
    }
    __syncthreads();  // all have read what an earlier call left
    if (threadIdx.x % 32 == 0)
        warps[threadIdx.x / 32] = best;
    __syncthreads();
    if (threadIdx.x == 0)
        for (int w = 1; w < THREADS / 32; w++)
            best = better(best, warps[w]);
    return best;
}

// Moves the sequence on to ID.
static __device__ __forceinline__ void take(const struct gpu_pick &p, int32_t id)
{
    const int64_t position = p.sequence->position + 1;
    p.sequence->id = id < 0 ? 0 : id;
    p.sequence->position = position;
    p.ids[position] = id < 0 ? 0 : id;
    for (int i = 0; i < p.mask_size; i++)
        ((char *)p.mask)[position * p.mask_size + i] = 0;
    *(volatile int32_t *)(p.answer + position % PICK_ANSWERS) = id;
    __threadfence_system();
}

// The largest logit of all, in thread 0 of the block that finishes last; the others return false.
static __device__ __forceinline__ bool find_best(const struct gpu_pick &p, const float *logits,
                                                 struct gpu_best *best)
{
    __shared__ bool is_last;
    *best = {HUGE_VALF * -1, INT32_MAX};
    // Logits are aligned to 16 bytes: four at a time, and what is left over one by one.
    for (int64_t i = 4 * ((int64_t)blockIdx.x * PICK_THREADS + threadIdx.x); i < p.count;
         i += 4 * PICK_BLOCKS * PICK_THREADS) {
        float four[4];
        const int count = p.count - i < 4 ? (int)(p.count - i) : 4;
        if (count == 4)
            *(float4 *)four = *(const float4 *)(logits + i);
        for (int k = 0; k < count; k++)
            *best = better(*best, {count == 4 ? four[k] : logits[i + k], (int32_t)i + k});
    }
    *best = best_of_block<PICK_THREADS>(*best);
    if (threadIdx.x == 0) {
        p.bests[blockIdx.x] = *best;
        __threadfence();
        is_last = atomicAdd(p.ticket, 1) == PICK_BLOCKS - 1;
    }
    __syncthreads();
    if (!is_last)
        return false;
    __threadfence();
    const volatile struct gpu_best *other = &p.bests[threadIdx.x % PICK_BLOCKS];
    *best = best_of_block<PICK_THREADS>({other->logit, other->id});
    if (threadIdx.x == 0)
        *p.ticket = 0;
    return true;
}

// The largest logit; with DRAWS it is left in bests[0] for pick_draw. Kernels that move the sequence
// on do not have their successors launched: the next step may look at it before it waits.
extern "C" __global__ void __launch_bounds__(PICK_THREADS) pick_largest(const struct gpu_pick p)
{
    struct gpu_best best;
    wait_for_predecessor();
    if (!find_best(p, p.penalized != NULL ? p.penalized : p.logits, &best) || threadIdx.x != 0)
        return;
    if (p.temperature > 0)
        p.bests[0] = best;
    else
        take(p, isnan(best.logit) ? PICK_NOT_A_NUMBER : best.id);
}

// Copies the logits; those of ids of the sequence are made less likely then by pick_penalize_seen.
extern "C" __global__ void __launch_bounds__(PICK_THREADS) pick_copy(const struct gpu_pick p)
{
    launch_and_wait();
    for (int64_t i = (int64_t)blockIdx.x * PICK_THREADS + threadIdx.x; i < p.count;
         i += PICK_BLOCKS * PICK_THREADS)
        p.penalized[i] = p.logits[i];
}

// An id that stands in the sequence twice gets the same logit twice.
extern "C" __global__ void __launch_bounds__(PICK_THREADS) pick_penalize(const struct gpu_pick p)
{
    launch_and_wait();
    for (int64_t i = (int64_t)blockIdx.x * PICK_THREADS + threadIdx.x; i <= p.sequence->position;
         i += PICK_BLOCKS * PICK_THREADS) {
        const float logit = p.logits[p.ids[i]];
        p.penalized[p.ids[i]] =
            logit * (logit < 0 ? p.repetition_penalty : 1 / p.repetition_penalty);
    }
}

// ---- Drawing: one block ----

// What is left to draw from: ids whose order is above LEAST, and EQUAL of those at it, in the order
// in which the block's threads come upon them.
struct choice {
    uint32_t least;
    whole equal;
};

struct block_memory {
    whole bins[256];
    whole warps[DRAW_THREADS / 32];
    whole result[4];
};

// Has VISIT(id, logit) called for every DRAW_THREADS-th id, in order. Several logits are fetched at a
// time: one by one, the block would wait for the memory nearly all of the time.
template <class Visit>
static __device__ __forceinline__ void for_each(const struct gpu_pick &p, const float *logits,
                                                const Visit &visit)
{
    const int COUNT = 8;
    for (int64_t first = threadIdx.x; first < p.count; first += COUNT * DRAW_THREADS) {
        float taken[COUNT];
#pragma unroll
        for (int i = 0; i < COUNT; i++)
            if (first + i * DRAW_THREADS < p.count)
                taken[i] = logits[first + i * DRAW_THREADS];
#pragma unroll
        for (int i = 0; i < COUNT; i++)
            if (first + i * DRAW_THREADS < p.count)
                visit((int32_t)first + i * DRAW_THREADS, taken[i]);
    }
}

static __device__ __forceinline__ whole weight_at(const struct gpu_pick &p, float logit, float top)
{
    return (whole)(expf((logit - top) / p.temperature) * WEIGHT_ONE);
}

static __device__ __forceinline__ whole sum_of_block(struct block_memory *memory, whole value)
{
    for (int offset = 16; offset > 0; offset /= 2)
        value += __shfl_xor_sync(~0u, value, offset);
    __syncthreads();
    if (threadIdx.x % 32 == 0)
        memory->warps[threadIdx.x / 32] = value;
    __syncthreads();
    value = 0;
    for (int w = 0; w < DRAW_THREADS / 32; w++)
        value += memory->warps[w];
    return value;
}

// The sum of the threads before this one.
static __device__ __forceinline__ whole sum_before(struct block_memory *memory, whole value)
{
    whole sum = value;
    for (int offset = 1; offset < 32; offset *= 2) {
        const whole other = __shfl_up_sync(~0u, sum, offset);
        if (threadIdx.x % 32 >= offset)
            sum += other;
    }
    __syncthreads();
    if (threadIdx.x % 32 == 31)
        memory->warps[threadIdx.x / 32] = sum;
    __syncthreads();
    for (int w = 0; w < threadIdx.x / 32; w++)
        sum += memory->warps[w];
    return sum - value;
}

// The largest order such that the ids of at least that order count (or weigh, if BY_WEIGHT) at
// least WANTED; *REST is how much of WANTED those at that very order must bring. Digit by digit,
// from the most significant, as a radix sort; only ids of at least LEAST take part.
static __device__ uint32_t select_order(const struct gpu_pick &p, const float *logits, float top,
                                        struct block_memory *memory, bool by_weight,
                                        uint32_t least, whole wanted, whole *rest)
{
    uint32_t chosen = 0;
    for (int shift = 24; shift >= 0; shift -= 8) {
        __syncthreads();
        if (threadIdx.x < 256)
            memory->bins[threadIdx.x] = 0;
        __syncthreads();
        for_each(p, logits, [&](int32_t, float logit) {
            const uint32_t order = order_of(logit);
            const bool same = shift == 24 || order >> (shift + 8) == chosen >> (shift + 8);
            if (same && order >= least)
                atomicAdd(&memory->bins[order >> shift & 255],
                          by_weight ? weight_at(p, logit, top) : 1);
        });
        __syncthreads();
        if (threadIdx.x == 0) {
            int digit = 255;
            whole left = wanted;
            while (digit > 0 && memory->bins[digit] < left)
                left -= memory->bins[digit--];
            memory->result[0] = digit;
            memory->result[1] = left;
        }
        __syncthreads();
        chosen |= (uint32_t)memory->result[0] << shift;
        wanted = memory->result[1];
    }
    *rest = wanted;
    return chosen;
}

// top_k, then top_p of what is left, then min_p of that.
static __device__ struct choice restrict_choice(const struct gpu_pick &p, const float *logits,
                                                float top, struct block_memory *memory)
{
    struct choice choice = {0, ~(whole)0};
    whole rest;
    if (p.top_k > 0 && p.top_k < p.count)
        choice.least =
            select_order(p, logits, top, memory, false, 0, (whole)p.top_k, &rest);
    if (p.top_p < 1) {
        whole sum = 0;
        for_each(p, logits, [&](int32_t, float logit) {
            if (order_of(logit) >= choice.least)
                sum += weight_at(p, logit, top);
        });
        sum = sum_of_block(memory, sum);
        const whole wanted = (whole)ceil((double)sum * (double)p.top_p);
        choice.least = select_order(p, logits, top, memory, true, choice.least,
                                    wanted > 0 ? wanted : 1, &rest);
        const uint32_t bits =
            choice.least & 0x80000000u ? choice.least & 0x7fffffffu : ~choice.least;
        const whole each = weight_at(p, __uint_as_float(bits), top);
        choice.equal = each > 0 ? (rest + each - 1) / each : ~(whole)0;
    }
    return choice;
}

extern "C" __global__ void __launch_bounds__(DRAW_THREADS) pick_draw(const struct gpu_pick p)
{
    __shared__ struct block_memory memory;
    wait_for_predecessor();
    const float *logits = p.penalized != NULL ? p.penalized : p.logits;
    const float top = p.bests[0].logit;
    if (isnan(top)) {
        if (threadIdx.x == 0)
            take(p, PICK_NOT_A_NUMBER);
        return;
    }
    const struct choice choice = restrict_choice(p, logits, top, &memory);
    const whole lightest = (whole)(p.min_p * WEIGHT_ONE);
    whole equal = 0, sum = 0;
    for_each(p, logits, [&](int32_t, float logit) { equal += order_of(logit) == choice.least; });
    const whole before = sum_before(&memory, equal);
    // Each thread's share of the weight, and whose share the number drawn falls into.
    auto visit = [&](whole target, int32_t *found) {
        whole seen = before, own = 0;
        for_each(p, logits, [&](int32_t id, float logit) {
            const uint32_t order = order_of(logit);
            if (order < choice.least || (order == choice.least && seen++ >= choice.equal))
                return;
            const whole weight = weight_at(p, logit, top);
            if (weight < lightest)
                return;
            if (found != NULL && own <= target && own + weight > target)
                *found = id;
            own += weight;
        });
        return own;
    };
    sum = visit(0, NULL);
    const whole lower = sum_before(&memory, sum);
    const whole total = sum_of_block(&memory, sum);
    // SplitMix64 (Steele, Lea and Flood, 2014): the DRAWS-th number after SEED.
    whole number = p.seed + (p.sequence->draws + 1) * 0x9e3779b97f4a7c15ull;
    number = (number ^ number >> 30) * 0xbf58476d1ce4e5b9ull;
    number = (number ^ number >> 27) * 0x94d049bb133111ebull;
    number ^= number >> 31;
    const whole target = __umul64hi(number, total);
    __syncthreads();
    if (sum > 0 && target >= lower && target < lower + sum) {
        int32_t id = p.bests[0].id;
        visit(target - lower, &id);
        p.sequence->draws++;
        take(p, id);
    }
}
