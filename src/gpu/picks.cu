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

// Takes the id of the largest logit or, to draw, leaves both in bests[0]. A kernel that moves the
// sequence on does not launch its successor early: the next step may read the sequence before it
// waits.
extern "C" __global__ void __launch_bounds__(PICK_THREADS) pick_largest(const struct gpu_pick p)
{
    struct gpu_best best;
    if (p.temperature > 0)
        launch_successor();
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

// ---- Drawing ----
//
// How it works. Each block has a run of ids of its own. top_k and top_p become a limit on the order
// of logits, a number of 32 bits (order_of). pick_select finds the limit digit by digit, the most
// significant first, as a radix sort does: 11, 11 and 10 bits a launch. Blocks add up how many ids,
// or how much weight, each digit has; the last block to finish chooses the digit. If top_p ends
// among ids of equal logits, the smaller ids remain, so pick_ties counts such ids in each block's
// run. pick_draw adds up the weights of each run. Its last block finds the run that the random
// number falls into, and goes through that run once more.
//
// Example: top_k = 2 of logits 1, 3, 3, 2. The first digit of 3 is the largest, and 2 ids have it,
// which is enough; its other digits follow the same way. The limit is 3, and both ids at it remain.
// top_p = 0.4 then leaves the first of them.
//
// Sums are of whole numbers and all orders fixed, so that the same seed draws the same ids.
// Measured on an H200, 128,256 logits: 0.03 ms with top_p, of a step of 1.83 ms; one block that
// read all logits again for each digit took 1.6.

// Shared memory of a block. Sums of 64 bits are in halves: shared memory adds 32 bits at a time.
struct draw_memory {
    uint32_t low[DRAW_DIGITS], high[DRAW_DIGITS];
    whole warps[PICK_THREADS / 32], result[2];
    int32_t id;
    bool is_last;
};

enum { DRAW_EACH = DRAW_DIGITS / PICK_THREADS };

static __device__ __forceinline__ whole weight_at(const struct gpu_pick &p, float logit, float top)
{
    return (whole)(expf((logit - top) / p.temperature) * WEIGHT_ONE);
}

static __device__ __forceinline__ float logit_of(uint32_t order)
{
    return __uint_as_float(order & 0x80000000u ? order & 0x7fffffffu : ~order);
}

// Returns the sum of VALUE over the threads before this one, and in *TOTAL that of all threads.
static __device__ __forceinline__ whole sum_before(struct draw_memory *memory, whole value,
                                                   whole *total)
{
    whole sum = value;
    for (int offset = 1; offset < 32; offset *= 2) {
        const whole other = __shfl_up_sync(~0u, sum, offset);
        if (threadIdx.x % 32 >= offset)
            sum += other;
    }
    __syncthreads();  // all have read what an earlier call left
    if (threadIdx.x % 32 == 31)
        memory->warps[threadIdx.x / 32] = sum;
    __syncthreads();
    *total = 0;
    for (int w = 0; w < PICK_THREADS / 32; w++) {
        if (w < threadIdx.x / 32)
            sum += memory->warps[w];
        *total += memory->warps[w];
    }
    return sum - value;
}

// Calls VISIT(id, logits, count) with up to four ids at a time until the run of a block is done.
// All threads call it together, in the order of ids.
template <class Visit>
static __device__ __forceinline__ void visit_run(const struct gpu_pick &p, unsigned block,
                                                 const Visit &visit)
{
    const float *const logits = p.penalized != NULL ? p.penalized : p.logits;
    const int64_t size = (p.count + 4 * PICK_BLOCKS - 1) / (4 * PICK_BLOCKS) * 4;
    const int64_t begin = block * size, end = min(begin + size, p.count);
    for (int64_t first = begin; first < end; first += 4 * PICK_THREADS) {
        const int64_t id = first + 4 * threadIdx.x;
        const int count = (int)max(min(end - id, (int64_t)4), (int64_t)0);
        float four[4] = {0, 0, 0, 0};
        if (count == 4)
            *(float4 *)four = *(const float4 *)(logits + id);
        else
            for (int i = 0; i < count; i++)
                four[i] = logits[id + i];
        visit((int32_t)id, four, count);
    }
}

// Returns true in the block that finishes last; it sees what the others wrote before.
static __device__ __forceinline__ bool is_last_block(const struct gpu_pick &p,
                                                     struct draw_memory *memory)
{
    __threadfence();
    __syncthreads();
    if (threadIdx.x == 0) {
        memory->is_last = atomicAdd(p.ticket, 1) == PICK_BLOCKS - 1;
        if (memory->is_last)
            *p.ticket = 0;
    }
    __syncthreads();
    __threadfence();
    return memory->is_last;
}

// Chooses the largest digit such that ids of at least that digit reach what is wanted.
static __device__ __forceinline__ void choose_digit(const struct gpu_pick &p,
                                                    struct draw_memory *memory)
{
    struct gpu_draw *const draw = p.draw;
    whole each[DRAW_EACH], own = 0, total;
    for (int i = 0; i < DRAW_EACH; i++) {  // from the largest digit on
        volatile whole *const bin = &draw->bins[DRAW_DIGITS - 1 - (threadIdx.x * DRAW_EACH + i)];
        own += each[i] = *bin;
        *bin = 0;
    }
    whole before = sum_before(memory, own, &total);
    const bool is_first = p.shift == DRAW_SHIFT_FIRST;
    whole wanted = draw->wanted;
    if (is_first && p.by_weight)
        wanted = max((whole)ceil((double)total * (double)p.top_p), (whole)1);
    else if (is_first)
        wanted = (whole)p.top_k;
    __syncthreads();
    for (int i = 0; i < DRAW_EACH; i++) {
        const uint32_t digit = DRAW_DIGITS - 1 - (threadIdx.x * DRAW_EACH + i);
        if (before < wanted && before + each[i] >= wanted) {
            draw->chosen = (is_first ? 0 : draw->chosen) | digit << p.shift;
            draw->wanted = wanted - before;
            if (p.shift == 0) {
                const whole weight = weight_at(p, logit_of(draw->chosen), p.bests[0].logit);
                draw->least = draw->chosen;
                draw->equal = !p.by_weight || weight == 0
                                  ? ~(whole)0
                                  : (draw->wanted + weight - 1) / weight;
            }
        }
        before += each[i];
    }
}

extern "C" __global__ void __launch_bounds__(PICK_THREADS) pick_select(const struct gpu_pick p)
{
    __shared__ struct draw_memory memory;
    struct gpu_draw *const draw = p.draw;
    for (int i = threadIdx.x; i < DRAW_DIGITS; i += PICK_THREADS)
        memory.low[i] = memory.high[i] = 0;
    launch_and_wait();
    const float top = p.bests[0].logit;
    const bool is_first = p.shift == DRAW_SHIFT_FIRST;
    const uint32_t least = p.is_limited ? draw->least : 0, chosen = draw->chosen;
    const int above = p.shift + DRAW_DIGIT_BITS(p.shift);
    __syncthreads();
    visit_run(p, blockIdx.x, [&](int32_t, const float *logits, int count) {
        for (int i = 0; i < count; i++) {
            const uint32_t order = order_of(logits[i]);
            if (order < least || (!is_first && order >> above != chosen >> above))
                continue;
            const whole value = p.by_weight ? weight_at(p, logits[i], top) : 1;
            const uint32_t digit = order >> p.shift & ((1u << DRAW_DIGIT_BITS(p.shift)) - 1);
            const uint32_t low = (uint32_t)value;
            const uint32_t carry = atomicAdd(&memory.low[digit], low) > ~low;
            if ((value >> 32) + carry != 0)
                atomicAdd(&memory.high[digit], (uint32_t)(value >> 32) + carry);
        }
    });
    __syncthreads();
    for (int i = threadIdx.x; i < DRAW_DIGITS; i += PICK_THREADS)
        if (memory.low[i] != 0 || memory.high[i] != 0)
            atomicAdd(&draw->bins[i], memory.low[i] + ((whole)memory.high[i] << 32));
    if (is_last_block(p, &memory))
        choose_digit(p, &memory);
}

// Counts the ids at the limit in each block's run.
extern "C" __global__ void __launch_bounds__(PICK_THREADS) pick_ties(const struct gpu_pick p)
{
    __shared__ struct draw_memory memory;
    whole own = 0, total;
    launch_and_wait();
    const uint32_t least = p.draw->least;
    visit_run(p, blockIdx.x, [&](int32_t, const float *logits, int count) {
        for (int i = 0; i < count; i++)
            own += order_of(logits[i]) == least;
    });
    sum_before(&memory, own, &total);
    if (threadIdx.x == 0)
        p.draw->ties[blockIdx.x] = total;
}

// Calls USE(id, weights) for the run of ids of a block as visit_run() does, with four weights,
// which are 0 where the options exclude an id.
template <class Use>
static __device__ __forceinline__ void visit_weights(const struct gpu_pick &p, unsigned block,
                                                     struct draw_memory *memory, const Use &use)
{
    const uint32_t least = p.is_limited ? p.draw->least : 0;
    const whole equal = p.draw->equal, lightest = (whole)(p.min_p * WEIGHT_ONE);
    const float top = p.bests[0].logit;
    whole ties = 0;  // before those at hand, in the order of ids
    if (p.by_weight)
        sum_before(memory, threadIdx.x < block ? p.draw->ties[threadIdx.x] : 0, &ties);
    visit_run(p, block, [&](int32_t id, const float *logits, int count) {
        whole weights[4], own = 0, total, seen = 0;
        for (int i = 0; i < count; i++)
            own += order_of(logits[i]) == least;
        if (p.by_weight) {
            seen = ties + sum_before(memory, own, &total);
            ties += total;
        }
        for (int i = 0; i < 4; i++) {
            const uint32_t order = order_of(logits[i]);
            const bool is_in = i < count
                               && (order > least || !p.is_limited
                                   || (order == least && (!p.by_weight || seen++ < equal)));
            weights[i] = is_in ? weight_at(p, logits[i], top) : 0;
            if (weights[i] < lightest)
                weights[i] = 0;
        }
        use(id, weights);
    });
}

// Returns the DRAWS-th number after SEED (SplitMix64: Steele, Lea and Flood, Fast splittable
// pseudorandom number generators, 2014).
static __device__ __forceinline__ whole random_number(const struct gpu_pick &p)
{
    whole number = p.seed + (p.sequence->draws + 1) * 0x9e3779b97f4a7c15ull;
    number = (number ^ number >> 30) * 0xbf58476d1ce4e5b9ull;
    number = (number ^ number >> 27) * 0x94d049bb133111ebull;
    return number ^ number >> 31;
}

// Leaves in memory->result the block and the part of its weight that the number drawn falls into.
static __device__ __forceinline__ void choose_block(const struct gpu_pick &p,
                                                    struct draw_memory *memory)
{
    const whole own = threadIdx.x < PICK_BLOCKS
                          ? *(volatile whole *)&p.draw->sums[threadIdx.x]
                          : 0;
    whole total;
    const whole before = sum_before(memory, own, &total);
    const whole target = __umul64hi(random_number(p), total);
    if (target >= before && target < before + own) {
        memory->result[0] = threadIdx.x;
        memory->result[1] = target - before;
    }
    __syncthreads();
}

extern "C" __global__ void __launch_bounds__(PICK_THREADS) pick_draw(const struct gpu_pick p)
{
    __shared__ struct draw_memory memory;
    whole own = 0, total;
    wait_for_predecessor();
    if (isnan(p.bests[0].logit)) {
        if (blockIdx.x == 0 && threadIdx.x == 0)
            take(p, PICK_NOT_A_NUMBER);
        return;
    }
    visit_weights(p, blockIdx.x, &memory, [&](int32_t, const whole *weights) {
        for (int i = 0; i < 4; i++)
            own += weights[i];
    });
    sum_before(&memory, own, &total);
    if (threadIdx.x == 0) {
        p.draw->sums[blockIdx.x] = total;
        memory.id = p.bests[0].id;  // in case no id has any weight, as for infinite logits
        memory.result[0] = memory.result[1] = 0;
    }
    if (!is_last_block(p, &memory))
        return;
    choose_block(p, &memory);
    const whole target = memory.result[1];
    whole passed = 0;
    visit_weights(p, (unsigned)memory.result[0], &memory, [&](int32_t id, const whole *weights) {
        const whole own = weights[0] + weights[1] + weights[2] + weights[3];
        whole before = passed + sum_before(&memory, own, &total);
        passed += total;
        for (int i = 0; i < 4; before += weights[i++])
            if (target >= before && target < before + weights[i])
                memory.id = id + i;
    });
    __syncthreads();
    if (threadIdx.x == 0) {
        p.sequence->draws++;
        take(p, memory.id);
    }
}
