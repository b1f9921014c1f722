// SPDX-License-Identifier: BSD-2-Clause
// Products of two or more rows of bfloat16 with 4-bit weights by AMX tiles (TDPBF16PS): 16 rows of
// the left side times 16 columns of weights, converted to bfloat16, which holds them exactly. The
// sums of a group leave the tiles to be scaled by the vector units while the next group is
// multiplied.
//
// Here the left side is the first operand of the tile instruction, unlike in level_amx_many_rows.c:
// the weights are stored in pairs of steps already, as the second operand needs them.

#include "config.h"

#include "runtime/amx.h"
#include "runtime/fetch.h"
#include "runtime/finish.h"
#include "runtime/int4.h"
#include "runtime/int4_line.h"
#include "runtime/levels.h"
#include "runtime/parallel.h"

enum {
    STEP = 2 * AMX_PAIRS,         // of the inner dimension, in one tile
    STRETCH = 2048,               // inner dimension converted to bfloat16 at a time
    STEPS = STRETCH / STEP,
    ROW_TILES = 16,               // multiplied with one stretch
    HALF = 2 * LANES,             // columns of two tiles
};

// Scratch of a task.
struct work {
    uint32_t panel[STEPS][INT4_BLOCK / LANES][AMX_TILE];
    float scales[STEPS][INT4_BLOCK], zeros[STEPS][INT4_BLOCK];  // of each group
    float sums[ROW_TILES * AMX_ROWS][INT4_BLOCK];
    float group[2][2][AMX_ROWS][LANES];  // sums of two tiles of rows by two tiles of columns
};

// A stretch of a block of columns, and memory to prefetch meanwhile, LINES cache lines at a time.
struct stretch {
    const struct product *p;
    const void *packed;
    struct work *work;
    int64_t column, first, groups;
    const char *next, *end;
    int64_t lines;
};

static bool covers(const struct product *p)
{
    return p->left.dtype == TORCH_BFLOAT16 && p->right.dtype == TORCH_UINT8
           && p->groups.dtype == TORCH_BFLOAT16 && p->groups.block == INT4_BLOCK
           && p->groups.size % STEP == 0 && STRETCH % p->groups.size == 0;
}

// Returns the number of tiles of rows, rounded up to a pair.
static int64_t tile_count(const struct product *p)
{
    return (p->rows + 2 * AMX_ROWS - 1) / (2 * AMX_ROWS) * 2;
}

static int64_t group_count(const struct product *p)
{
    return p->inner / p->groups.size;
}

// Packed: rows, in whole tiles, padded so that they are not a power of two apart and do not compete
// for cache sets; then for each group the total of each row.
static int64_t row_elements(const struct product *p)
{
    return p->inner + STEP;
}

static int64_t pack_count(const struct product *p)
{
    return tile_count(p) * AMX_ROWS;
}

static size_t rows_bytes(const struct product *p)
{
    return (size_t)(pack_count(p) * row_elements(p)) * sizeof(uint16_t);
}

static size_t packed_bytes(const struct product *p)
{
    return rows_bytes(p) + (size_t)(group_count(p) * pack_count(p)) * sizeof(float);
}

static float *packed_totals(const struct product *p, const void *packed, int64_t group)
{
    return (float *)((uintptr_t)packed + rows_bytes(p)) + group * pack_count(p);
}

static void pack(const struct product *p, void *packed, int64_t index)
{
    uint16_t *row = (uint16_t *)packed + index * row_elements(p);
    memset(row, 0, (size_t)p->inner * sizeof *row);
    if (index < p->rows && p->left.column_stride == 1)
        memcpy(row, matrix_at(&p->left, index, 0), (size_t)p->inner * sizeof *row);
    else if (index < p->rows)
        for (int64_t k = 0; k < p->inner; k++)
            memcpy(row + k, matrix_at(&p->left, index, k), sizeof *row);
    for (int64_t group = 0; group < group_count(p); group++) {
        vector total = vector_of(0);
        for (int64_t k = 0; k < p->groups.size; k += LANES)
            total += vector_load_bfloat16(row + group * p->groups.size + k);
        packed_totals(p, packed, group)[index] = vector_sum(total);
    }
}

static int64_t task_columns(const struct product *p)
{
    enum { BLOCKS_MAX = 4, TASKS_A_THREAD = 4 };
    int64_t blocks = p->columns / INT4_BLOCK / TASKS_A_THREAD / (int64_t)parallel_threads();
    return INT4_BLOCK * (blocks < 1 ? 1 : blocks > BLOCKS_MAX ? BLOCKS_MAX : blocks);
}

static size_t scratch_bytes(const struct product *p)
{
    (void)p;
    return sizeof(struct work);
}

// Converts weights to bfloat16, pairs of two steps of a column.
static void make_panel(const struct stretch *s)
{
    uint16_t values[2 * LANES];
    // The lookup uses 5 bits of a byte; the fifth must not matter.
    for (int i = 0; i < 2 * LANES; i++)
        element_from_float(TORCH_BFLOAT16, values, i, (float)(i % 16 - INT4_ZERO));
    const __m512i table = _mm512_loadu_si512(values);
    const __m512i places[2] = {int4_places(0), int4_places(LANES)};
    int shift;
    const uint8_t *bytes = int4_at(s->p, s->first, s->column, &shift);
    for (int64_t k = 0; k < s->groups * s->p->groups.size; k += 2, bytes += CACHE_LINE) {
        uint32_t(*tiles)[AMX_TILE] = s->work->panel[k / STEP];
        const int64_t row = k % STEP / 2 * LANES;
        const __m512i line = _mm512_loadu_si512(bytes);
        UNROLLED for (int v = 0; v < 2; v++) {
            __m512i low = int4_spread(line, places[v]);
            __m512i high = _mm512_srli_epi16(low, 4);
            _mm512_storeu_si512(tiles[v] + row, _mm512_permutexvar_epi16(low, table));
            _mm512_storeu_si512(tiles[2 + v] + row, _mm512_permutexvar_epi16(high, table));
        }
    }
    for (int64_t g = 0; g < s->groups; g++)
        int4_load_scales(s->p, s->first / s->p->groups.size + g, s->column, INT4_BLOCK,
                         s->work->scales[g], s->work->zeros[g]);
}

// Multiplies GROUP of the stretch: two tiles of rows from TILE on, the columns from HALF on.
INLINE void multiply_group(const struct stretch *s, int64_t tile, int64_t group, int64_t half)
{
    const size_t row = (size_t)row_elements(s->p) * sizeof(uint16_t);
    const size_t pairs = AMX_PAIRS * sizeof(uint32_t);
    const int64_t size = s->p->groups.size;
    const char *left = (const char *)s->packed + (size_t)(tile * AMX_ROWS) * row
                       + (size_t)(s->first + group * size) * sizeof(uint16_t);
    amx_order();
    _tile_zero(0);
    _tile_zero(1);
    _tile_zero(2);
    _tile_zero(3);
    for (int64_t k = 0; k < size; k += STEP, left += STEP * sizeof(uint16_t)) {
        uint32_t(*right)[AMX_TILE] = &s->work->panel[(group * size + k) / STEP][half / LANES];
        _tile_loadd(4, left, row);
        _tile_loadd(6, right[0], pairs);
        _tile_dpbf16ps(0, 4, 6);
        _tile_loadd(7, right[1], pairs);
        _tile_dpbf16ps(1, 4, 7);
        _tile_loadd(5, left + AMX_ROWS * row, row);
        _tile_dpbf16ps(2, 5, 6);
        _tile_dpbf16ps(3, 5, 7);
    }
}

static inline void store_group(struct work *work)
{
    const size_t row = LANES * sizeof(float);
    _tile_stored(0, work->group[0][0], row);
    _tile_stored(1, work->group[0][1], row);
    _tile_stored(2, work->group[1][0], row);
    _tile_stored(3, work->group[1][1], row);
}

// Adds the output of store_group(), scaled, to the sums of the stretch.
INLINE void add_group(const struct stretch *s, int64_t tile, int64_t group, int64_t half,
                      float sums[][INT4_BLOCK])
{
    struct work *work = s->work;
    const float *totals = packed_totals(s->p, s->packed, s->first / s->p->groups.size + group)
                          + tile * AMX_ROWS;
    UNROLLED for (int c = 0; c < 2; c++) {
        const vector scale = vector_load(work->scales[group] + half + c * LANES);
        const vector zero = vector_load(work->zeros[group] + half + c * LANES);
        for (int i = 0; i < 2 * AMX_ROWS; i++) {
            float *sum = sums[i] + half + c * LANES;
            vector value = vector_load(work->group[i / AMX_ROWS][c][i % AMX_ROWS]);
            vector_store(sum, vector_load(sum) + zero * totals[i] + value * scale);
        }
    }
}

// Adds the products of two tiles of rows from TILE on with the stretch to SUMS.
static void add_tiles(struct stretch *s, int64_t tile, float sums[][INT4_BLOCK])
{
    enum { HALVES = INT4_BLOCK / HALF };
    const int64_t count = s->groups * HALVES;
    for (int64_t i = 0; i <= count; i++) {
        int64_t before = i - 1;
        for (int64_t n = 0; n < s->lines && s->next < s->end; n++, s->next += CACHE_LINE)
            __builtin_prefetch(s->next, 0, 2);
        if (i < count)
            multiply_group(s, tile, i / HALVES, i % HALVES * HALF);
        if (i > 0)
            add_group(s, tile, before / HALVES, before % HALVES * HALF, sums);
        if (i < count)
            store_group(s->work);
    }
}

static void add_stretch(struct stretch *s, int64_t tile, int64_t tiles)
{
    const int64_t bytes = s->groups * s->p->groups.size * INT4_BLOCK / 2;
    int shift;
    s->next = (const char *)int4_at(s->p, s->first, s->column, &shift) + bytes;
    s->end = s->next + bytes;
    s->lines = bytes / CACHE_LINE / (tiles / 2 * s->groups * (INT4_BLOCK / HALF)) + 1;
    make_panel(s);
    for (int64_t i = 0; i < tiles; i += 2)
        add_tiles(s, tile + i, s->work->sums + i * AMX_ROWS);
}

static void compute_block(const struct product *p, const void *packed, int64_t column,
                          int64_t tile, int64_t tiles, struct work *work)
{
    const int64_t rows = p->rows - tile * AMX_ROWS;
    memset(work->sums, 0, (size_t)(tiles * AMX_ROWS) * sizeof *work->sums);
    for (int64_t first = 0; first < p->inner; first += STRETCH) {
        int64_t steps = p->inner - first < STRETCH ? p->inner - first : STRETCH;
        struct stretch stretch = {.p = p, .packed = packed, .work = work, .column = column,
                                  .first = first, .groups = steps / p->groups.size};
        add_stretch(&stretch, tile, tiles);
    }
    for (int64_t i = 0; i < tiles * AMX_ROWS && i < rows; i++)
        finish_row(p, tile * AMX_ROWS + i, column, INT4_BLOCK, work->sums[i]);
}

static void compute(const struct product *p, const void *packed, int64_t begin, int64_t end,
                    void *scratch)
{
    const int64_t all = tile_count(p);
    amx_begin();
    for (int64_t tile = 0; tile < all; tile += ROW_TILES)
        for (int64_t column = begin; column < end; column += INT4_BLOCK)
            compute_block(p, packed, column, tile, all - tile < ROW_TILES ? all - tile : ROW_TILES,
                          scratch);
    amx_end();
}

const struct product_kernel int4_many_rows_amx = {
    covers, packed_bytes, pack_count, pack, task_columns, scratch_bytes, compute,
};
