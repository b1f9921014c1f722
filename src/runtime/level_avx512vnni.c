// SPDX-License-Identifier: BSD-2-Clause
// Products of one row of bfloat16 with weights of 4 bits, by the instruction that adds four
// products of bytes (VPDPBUSD): a third of the instructions that float32 takes, so that memory is
// what decides. The row becomes whole numbers of 16 bits, each group of it with a scale of its own:
// within 2^-16 of the group's largest, where bfloat16 itself is within 2^-9 of each. They are
// multiplied as a high and a low byte, and sums are exact until the group is done.

#include "config.h"

#include <float.h>
#include <immintrin.h>

#include "runtime/finish.h"
#include "runtime/int4.h"
#include "runtime/levels.h"
#include "runtime/task.h"
#include "runtime/vector.h"

enum {
    BYTES = 64,  // of a vector
    STEPS = 4,   // of the inner dimension that one instruction multiplies
    GROUP_MAX = 256,
    BLOCK = 64,  // of columns
    GROUPS_AHEAD = 4,  // whose scales, far from each other, are asked for ahead of their use
    CACHE_LINE = 64,
};

static const float LARGEST = 127 * 256;  // that two signed bytes hold

// A group of the row: value k is about scale * (256 * high + low).
struct part {
    float scale;
    float total;         // of the values
    int32_t correction;  // takes off what sums are too large by: integers have INT4_ZERO too much
    int8_t high[GROUP_MAX], low[GROUP_MAX];
};

// What is no number, or infinite, has no place among whole numbers.
static bool is_finite(const uint16_t *row, int64_t count)
{
    uint16_t largest = 0;
    for (int64_t k = 0; k < count; k++) {
        uint16_t magnitude = row[k] & 0x7fff;
        largest = magnitude > largest ? magnitude : largest;
    }
    return largest < 0x7f80;
}

static bool covers(const struct product *p)
{
    return p->rows == 1 && p->left.dtype == TORCH_BFLOAT16 && p->right.dtype == TORCH_UINT8
           && p->groups.dtype == TORCH_BFLOAT16 && p->groups.block == BLOCK
           && p->groups.size <= GROUP_MAX
           && p->groups.size % LANES == 0 && p->left.column_stride == 1
           && is_finite(p->left.data, p->inner);
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
    const uint16_t *source = matrix_at(&p->left, 0, index * p->groups.size);
    __m512 largest = _mm512_setzero_ps(), total = largest;
    for (int64_t k = 0; k < p->groups.size; k += LANES) {
        __m512 values = (__m512)vector_load_bfloat16(source + k);
        largest = _mm512_max_ps(largest, _mm512_abs_ps(values));
        total += values;
    }
    part->scale = _mm512_reduce_max_ps(largest) / LARGEST;
    part->total = _mm512_reduce_add_ps(total);
    // What is so small that nothing is left of it makes no difference.
    const __m512 factor = _mm512_set1_ps(part->scale < FLT_MIN ? 0 : 1 / part->scale);
    __m512i sum = _mm512_setzero_si512();
    for (int64_t k = 0; k < p->groups.size; k += LANES) {
        __m512i whole = _mm512_cvtps_epi32((__m512)vector_load_bfloat16(source + k) * factor);
        __m128i low = _mm512_cvtepi32_epi8(whole);
        __m512i rest = _mm512_sub_epi32(whole, _mm512_cvtepi8_epi32(low));
        __m128i high = _mm512_cvtepi32_epi8(_mm512_srai_epi32(rest, 8));
        memcpy(part->low + k, &low, sizeof low);
        memcpy(part->high + k, &high, sizeof high);
        sum = _mm512_add_epi32(sum, whole);
    }
    part->correction = -INT4_ZERO * _mm512_reduce_add_epi32(sum);
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

static void prefetch_scales(const struct product *p, int64_t group, int64_t begin)
{
    const struct groups *groups = &p->groups;
    const uint16_t *pairs = groups->scales_and_zeros;
    if (group < group_count(p))
        for (int64_t i = 0; i < 2 * BLOCK; i += CACHE_LINE / (int64_t)sizeof *pairs)
            __builtin_prefetch(pairs + 2 * (group * p->columns + begin) + i, 0, 3);
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

// The sums of GROUP for the columns of a block, whose bytes from the group on are given, scaled and
// added to SUMS. PLACES: byte_places of its first columns and of those LANES further.
static void add_group(const struct product *p, const struct part *part, int64_t group,
                      int64_t begin, const uint8_t *bytes, const __m512i places[2],
                      float sums[BLOCK])
{
    const __m512i four_bits = _mm512_set1_epi8(15);
    __m512i high[2][2], low[2][2];  // of each half of the block
    float scales[BLOCK], zeros[BLOCK];
    UNROLLED for (int i = 0; i < 4; i++) {
        high[i / 2][i % 2] = _mm512_setzero_si512();
        low[i / 2][i % 2] = _mm512_set1_epi32(part->correction);
    }
    for (int64_t k = 0; k < p->groups.size; k += STEPS, bytes += 2 * BYTES) {
        int32_t high_word, low_word;
        memcpy(&high_word, part->high + k, sizeof high_word);
        memcpy(&low_word, part->low + k, sizeof low_word);
        __m512i x_high = _mm512_set1_epi32(high_word), x_low = _mm512_set1_epi32(low_word);
        __m512i first = _mm512_loadu_si512(bytes), second = _mm512_loadu_si512(bytes + BYTES);
        UNROLLED for (int v = 0; v < 2; v++) {
            __m512i both = _mm512_permutex2var_epi8(first, places[v], second);
            UNROLLED for (int h = 0; h < 2; h++) {
                __m512i integers = _mm512_and_si512(both, four_bits);
                high[h][v] = _mm512_dpbusd_epi32(high[h][v], integers, x_high);
                low[h][v] = _mm512_dpbusd_epi32(low[h][v], integers, x_low);
                both = _mm512_srli_epi16(both, 4);
            }
        }
    }
    int4_load_scales(p, group, begin, BLOCK, scales, zeros);
    UNROLLED for (int i = 0; i < 4; i++) {
        __m512 sum = _mm512_cvtepi32_ps(_mm512_add_epi32(_mm512_slli_epi32(high[i / 2][i % 2], 8),
                                                         low[i / 2][i % 2])) * part->scale;
        _mm512_storeu_ps(sums + i * LANES, _mm512_loadu_ps(sums + i * LANES)
                                               + sum * _mm512_loadu_ps(scales + i * LANES)
                                               + _mm512_loadu_ps(zeros + i * LANES) * part->total);
    }
}

static void compute(const struct product *p, const void *packed, int64_t begin, int64_t end,
                    void *scratch)
{
    const __m512i places[2] = {byte_places(0), byte_places(LANES)};
    const struct part *parts = packed;
    float *sums = scratch;
    int shift;
    const uint8_t *bytes = int4_at(p, 0, begin, &shift);
    for (int64_t block = begin; block < end; block += BLOCK) {
        memset(sums, 0, BLOCK * sizeof *sums);
        for (int64_t group = 0; group < group_count(p); group++) {
            prefetch_scales(p, group + GROUPS_AHEAD, block);
            add_group(p, parts + group, group, block, bytes, places, sums);
            bytes += p->groups.size * BLOCK / 2;
        }
        finish_row(p, 0, block, BLOCK, sums);
    }
}

static const struct product_kernel int4_one_row = {
    covers, packed_bytes, group_count, pack, task_columns, scratch_bytes, compute,
};

static const struct product_kernel *const products[] = {
    &int4_one_row,
    &few_rows_avx512bf16,
    &int4_few_rows_avx512,
    &few_rows_avx512,
    &many_rows_avx512bf16,
    &many_rows_avx512,
    NULL,
};

const struct kernels kernels_avx512vnni = {
    .name = "avx512vnni",
    .products = products,
    .attention = &attention_avx512,
};
