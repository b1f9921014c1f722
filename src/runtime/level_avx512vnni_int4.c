// SPDX-License-Identifier: BSD-2-Clause
// Products of one row of bfloat16 with weights of 4 bits, by VPDPBUSD: a quarter of the
// instructions that float32 takes, so that memory is what decides. A lane is a column; a part of
// the row, a group. Weights follow each other as they lie: the processor itself asks for them soon
// enough, and asking for them ahead of it is slower.

#include "config.h"

#include "runtime/int4.h"
#include "runtime/levels.h"
#include "runtime/task.h"
#include "runtime/whole_numbers.h"

enum {
    BLOCK = 64,        // of columns
    GROUPS_AHEAD = 8,  // whose scales, far from each other, are asked for ahead of their use
    CACHE_LINE = 64,
};

static bool covers(const struct product *p)
{
    return p->rows == 1 && p->right.dtype == TORCH_UINT8 && p->groups.dtype == TORCH_BFLOAT16
           && p->groups.block == BLOCK && p->groups.size <= PART_MAX
           && p->groups.size % LANES == 0 && is_whole_row(&p->left, p->inner);
}

static int64_t group_count(const struct product *p)
{
    return p->inner / p->groups.size;
}

static size_t packed_bytes(const struct product *p)
{
    return (size_t)group_count(p) * sizeof(struct part);
}

static void pack(const struct product *p, void *packed, int64_t index)
{
    struct part *part = (struct part *)packed + index;
    part_pack(part, matrix_at(&p->left, 0, index * p->groups.size), p->groups.size);
    // Takes off what sums are too large by: integers have INT4_ZERO too much.
    int32_t sum = _mm512_reduce_add_epi32((__m512i)part->sums);
    part->sums = (vector_bits){0} - (uint32_t)(INT4_ZERO * sum);
}

static int64_t task_columns(const struct product *p)
{
    return columns_of_task(p, p->inner / 2, BLOCK);
}

static size_t scratch_bytes(const struct product *p)
{
    (void)p;
    return BLOCK * sizeof(float);
}

static const uint16_t *scales_at(const struct product *p, int64_t group, int64_t column)
{
    return (const uint16_t *)p->groups.scales_and_zeros + 2 * (group * p->columns + column);
}

static void prefetch_scales(const struct product *p, int64_t group, int64_t column)
{
    if (group < group_count(p))
        for (int64_t i = 0; i < 2 * BLOCK; i += CACHE_LINE / (int64_t)sizeof(uint16_t))
            __builtin_prefetch(scales_at(p, group, column) + i, 0, 2);
}

// Where in two vectors, of two steps each, the bytes of four steps and 16 columns from FIRST on
// are, column by column.
static __m512i byte_places(int first)
{
    uint8_t places[BYTES];
    for (int c = 0; c < BYTES / STEPS; c++)
        for (int k = 0; k < STEPS; k++)
            places[c * STEPS + k] = (uint8_t)(k * BLOCK / 2 + first + c);
    return _mm512_loadu_si512(places);
}

// Four steps of a part, in each lane.
INLINE __m512i broadcast_steps(const int8_t *steps)
{
    int32_t word;
    memcpy(&word, steps, sizeof word);
    return _mm512_set1_epi32(word);
}

// Sums of the high and of the low bytes of the row with 16 columns.
struct column_sums {
    vector_bits high, low;
};

INLINE void add_steps(struct column_sums *sums, __m512i bytes, __m512i high, __m512i low)
{
    sums->high = add_products(sums->high, bytes, high);
    sums->low = add_products(sums->low, bytes, low);
}

INLINE vector_bits whole_sum(const struct column_sums *sums)
{
    return (sums->high << 8) + sums->low;
}

// Adds 16 sums of a group, scaled by what is at PAIRS.
INLINE __m512 add_scaled(__m512 before, vector_bits sums, const struct part *part,
                         const uint16_t *pairs)
{
    vector_bits bits;
    memcpy(&bits, pairs, sizeof bits);
    __m512 scales = (__m512)(bits << 16), zeros = (__m512)(bits & 0xffff0000);
    return before + _mm512_cvtepi32_ps((__m512i)(sums + part->sums)) * (scales * part->scale)
           + zeros * part->total;
}

// Adds a group of COUNT steps of a block, whose BYTES begin with the group's, scaled by what is at
// PAIRS, to SUMS: two vectors of the block's first half, then of its second. PLACES: byte_places
// of the first columns and of those LANES further.
INLINE void add_group(const struct part *part, int64_t count, const uint8_t *bytes,
                      const uint16_t *pairs, const __m512i places[2], __m512 sums[4])
{
    const __m512i upper = _mm512_set1_epi8((char)0xf0);
    // Of whole bytes, which are an integer of the first half and 16 times one of the second, and of
    // the latter alone. No shift is needed then, and none of the sums leaves 32 bits.
    struct column_sums both[2] = {0}, second[2] = {0};
    for (int64_t k = 0; k < count; k += STEPS, bytes += 2 * BYTES) {
        const __m512i high = broadcast_steps(part->high + k), low = broadcast_steps(part->low + k);
        const __m512i early = _mm512_loadu_si512(bytes), late = _mm512_loadu_si512(bytes + BYTES);
        UNROLLED for (int v = 0; v < 2; v++) {
            __m512i all = _mm512_permutex2var_epi8(early, places[v], late);
            add_steps(&both[v], all, high, low);
            add_steps(&second[v], _mm512_and_si512(all, upper), high, low);
        }
    }
    UNROLLED for (int v = 0; v < 2; v++) {
        vector_bits rest = whole_sum(&second[v]), first = whole_sum(&both[v]) - rest;
        sums[v] = add_scaled(sums[v], first, part, pairs + 2 * v * LANES);
        sums[2 + v] = add_scaled(sums[2 + v], (vector_bits)((vector_mask)rest >> 4), part,
                                 pairs + BLOCK + 2 * v * LANES);
    }
}

static void compute(const struct product *p, const void *packed, int64_t begin, int64_t end,
                    void *scratch)
{
    const __m512i places[2] = {byte_places(0), byte_places(LANES)};
    const struct part *parts = packed;
    const int64_t size = p->groups.size;
    float *stored = scratch;
    int shift;
    const uint8_t *bytes = int4_at(p, 0, begin, &shift);
    for (int64_t block = begin; block < end; block += BLOCK) {
        __m512 sums[4] = {0};
        for (int64_t group = 0; group < group_count(p); group++) {
            prefetch_scales(p, group + GROUPS_AHEAD, block);
            add_group(parts + group, size, bytes, scales_at(p, group, block), places, sums);
            bytes += size * BLOCK / 2;
        }
        memcpy(stored, sums, sizeof sums);
        finish_row(p, 0, block, BLOCK, stored);
    }
}

const struct product_kernel int4_one_row_avx512vnni = {
    covers, packed_bytes, group_count, pack, task_columns, scratch_bytes, compute,
};
