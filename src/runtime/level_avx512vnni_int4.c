// SPDX-License-Identifier: BSD-2-Clause
// Products of one row of bfloat16 with 4-bit weights by VPDPWSSD: a quarter of the instructions of
// float32, so that memory sets the time. A lane is a column; a part of the row is a group. Weights
// are read in the order of memory, a cache line per iteration, which the hardware prefetcher
// predicts. Rejected: prefetching by software is slower.

#include "config.h"

#include "runtime/fetch.h"
#include "runtime/int4_line.h"
#include "runtime/levels.h"
#include "runtime/whole_numbers_avx512.h"

#include "runtime/int4_one_row.h"  // needs make_part()

enum {
    STEPS = 2,        // of the inner dimension, multiplied by one instruction
    GROUP_MAX = 256,  // steps, so that sums of whole bytes fit 32 bits
};

static bool covers(const struct product *p)
{
    return p->rows == 1 && p->right.dtype == TORCH_UINT8 && p->groups.dtype == TORCH_BFLOAT16
           && p->groups.block == INT4_BLOCK && p->groups.size <= GROUP_MAX
           && p->groups.size % LANES == 0 && is_whole_row(&p->left, p->inner);
}

static int64_t task_columns(const struct product *p)
{
    return columns_of_task(p, p->inner / 2, INT4_BLOCK);
}

static size_t scratch_bytes(const struct product *p)
{
    (void)p;
    return INT4_BLOCK * sizeof(float);
}

// Returns two steps of a row in each lane.
INLINE __m512i broadcast_steps(const int16_t *steps)
{
    int32_t word;
    memcpy(&word, steps, sizeof word);
    return _mm512_set1_epi32(word);
}

// Returns BEFORE plus 16 sums of a group, scaled by the entries at PAIRS.
INLINE __m512 add_scaled(__m512 before, vector_bits sums, const struct part *part,
                         const uint16_t *pairs)
{
    vector_bits bits;
    memcpy(&bits, pairs, sizeof bits);
    __m512 scales = (__m512)(bits << 16), zeros = (__m512)(bits & 0xffff0000);
    sums -= (uint32_t)(INT4_ZERO * part->sum);
    return before + _mm512_cvtepi32_ps((__m512i)sums) * (scales * part->scale)
           + zeros * part->total;
}

// Adds a group of COUNT steps of a block, beginning at BYTES and scaled by the entries at PAIRS, to
// SUMS: two vectors of the block's first half, then of its second. PLACES: int4_places() of the
// first columns and of those LANES further.
INLINE void add_group(const struct part *part, const int16_t *row, int64_t count,
                      const uint8_t *bytes, const uint16_t *pairs, const __m512i places[2],
                      __m512 sums[4])
{
    const __m512i upper = _mm512_set1_epi16(0xf0);
    // Sums of whole bytes, which are an integer of the first half plus 16 times one of the second,
    // and sums of the latter alone. Their difference needs no shift in the loop.
    vector_bits both[2] = {0}, second[2] = {0};
    for (int64_t k = 0; k < count; k += STEPS, bytes += CACHE_LINE) {
        const __m512i steps = broadcast_steps(row + k), line = _mm512_loadu_si512(bytes);
        fetch_ahead(bytes, BYTES_AHEAD, CACHE_LINE);
        UNROLLED for (int v = 0; v < 2; v++) {
            __m512i all = int4_spread(line, places[v]);
            both[v] = add_pairs(both[v], all, steps);
            second[v] = add_pairs(second[v], _mm512_and_si512(all, upper), steps);
        }
    }
    UNROLLED for (int v = 0; v < 2; v++) {
        vector_bits rest = (vector_bits)((vector_mask)second[v] >> 4);
        sums[v] = add_scaled(sums[v], both[v] - second[v], part, pairs + 2 * v * LANES);
        sums[2 + v] = add_scaled(sums[2 + v], rest, part, pairs + INT4_BLOCK + 2 * v * LANES);
    }
}

static void compute(const struct product *p, const void *packed, int64_t begin, int64_t end,
                    void *scratch)
{
    const __m512i places[2] = {int4_places(0), int4_places(LANES)};
    const struct part *parts = packed_parts(p, packed);
    const int16_t *row = packed;
    const int64_t size = p->groups.size;
    float *stored = scratch;
    int shift;
    const uint8_t *bytes = int4_at(p, 0, begin, &shift);
    for (int64_t block = begin; block < end; block += INT4_BLOCK) {
        __m512 sums[4] = {0};
        for (int64_t group = 0; group < group_count(p); group++) {
            prefetch_scales(p, group, block, INT4_BLOCK);
            add_group(parts + group, row + group * size, size, bytes, scales_at(p, group, block),
                      places, sums);
            bytes += size * INT4_BLOCK / 2;
        }
        memcpy(stored, sums, sizeof sums);
        finish_row(p, 0, block, INT4_BLOCK, stored);
    }
}

const struct product_kernel LEVEL_NAME(int4_one_row) = {
    covers, packed_bytes, group_count, pack, task_columns, scratch_bytes, compute,
};
