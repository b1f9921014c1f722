// SPDX-License-Identifier: BSD-2-Clause
// Attention with a running maximum, so that the scores of a row never exist all at once (M. Milakov
// and N. Gimelshein, "Online normalizer calculation for softmax", 2018; T. Dao et al.,
// "FlashAttention", 2022). A lane is a query. Keys and values are processed in blocks.

#include "config.h"

#include <math.h>

#include "runtime/finish.h"
#include "runtime/kernels.h"
#include "runtime/levels.h"
#include "runtime/tile.h"

enum {
    ROWS = TILE_VECTORS * LANES,
    KEYS = 64,  // per block
    WIDTH_UNIT = 16,  // whole tiles and whole vectors on every level
};

// Scratch of a task, followed by a row of floats for each step of the width.
struct work {
    float scores[KEYS][ROWS];  // scores, then weights
    float mask[KEYS][ROWS];
    float maximum[ROWS];
    float sum[ROWS];
};

// The state of a task.
struct task {
    const struct attention *a;
    int64_t batch, head, first, rows, vectors;
    int64_t width;  // rounded up to whole tiles
    struct work *work;
    float (*query)[ROWS];   // [width]
    float (*result)[ROWS];  // [width]
    float *block;                          // [KEYS][width] of keys, then of values
};

// How the rows of a task see a block of keys: not at all, completely, or through the mask.
enum sight { HIDDEN, SEEN, MASKED };

static bool covers(const struct attention *a)
{
    (void)a;
    return true;
}

static int64_t padded_width(const struct attention *a)
{
    return (a->width + WIDTH_UNIT - 1) / WIDTH_UNIT * WIDTH_UNIT;
}

static size_t scratch_bytes(const struct attention *a)
{
    size_t width = (size_t)padded_width(a);
    return sizeof(struct work) + width * sizeof(float) * (2 * ROWS + KEYS);
}

static void load_query(const struct task *t)
{
    const struct cube *query = &t->a->query;
    memset(t->query, 0, (size_t)t->width * sizeof *t->query);
    for (int64_t i = 0; i < t->rows; i++) {
        const void *row = cube_at(query, t->batch, t->head, t->first + i, 0);
        for (int64_t d = 0; d < t->a->width; d++)
            t->query[d][i] = element_to_float(query->dtype, row, d * query->strides[3]);
    }
}

// Loads COUNT elements, STRIDE apart, as float32.
static void load_row(enum torch_dtype dtype, const char *source, int64_t stride, int64_t count,
                     float *row)
{
    int64_t i = 0;
    if (stride == 1 && dtype != TORCH_FLOAT16)
        for (; i + LANES <= count; i += LANES)
            vector_store(row + i,
                         vector_load_as(dtype, source + (size_t)i * element_size(dtype)));
    for (; i < count; i++)
        row[i] = element_to_float(dtype, source, i * stride);
}

// Loads COUNT keys or values from FIRST on as float32, followed by zeros up to a whole tile.
static void load_block(const struct task *t, const struct cube *cube, int64_t first, int64_t count)
{
    int64_t padded = (count + TILE_COLUMNS - 1) / TILE_COLUMNS * TILE_COLUMNS;
    for (int64_t n = 0; n < padded; n++) {
        float *row = t->block + n * t->width;
        int64_t width = n < count ? t->a->width : 0;
        if (n < count)
            load_row(cube->dtype, cube_at(cube, t->batch, t->head / t->a->group, first + n, 0),
                     cube->strides[3], width, row);
        for (int64_t d = width; d < t->width; d++)
            row[d] = 0;
    }
}

// Loads what is added to the scores of row I, for COUNT keys from FIRST on.
static void load_mask_row(const struct task *t, int64_t i, int64_t first, int64_t count,
                          float *values)
{
    const struct cube *mask = &t->a->mask;
    if (mask->data == NULL) {
        memset(values, 0, (size_t)count * sizeof *values);
    } else {
        const void *row = cube_at(mask, t->batch, t->head, t->first + i, first);
        if (mask->dtype == TORCH_BOOL)
            for (int64_t n = 0; n < count; n++)
                values[n] = ((const uint8_t *)row)[n * mask->strides[3]] != 0 ? 0 : -INFINITY;
        else
            load_row(mask->dtype, row, mask->strides[3], count, values);
    }
    for (int64_t n = t->a->causal ? t->first + i + 1 - first : count; n < count; n++)
        if (n >= 0)
            values[n] = -INFINITY;
}

// Loads what is added to the scores of COUNT keys from FIRST on, and returns its effect. Lanes past
// the last row hold arbitrary values that nobody uses.
static enum sight load_mask(const struct task *t, int64_t first, int64_t count)
{
    float row[KEYS], (*mask)[ROWS] = t->work->mask;
    unsigned seen = 0, changed = 0;
    if (t->a->mask.data == NULL && !t->a->causal)
        return SEEN;
    for (int64_t i = 0; i < t->rows; i++) {
        load_mask_row(t, i, first, count, row);
        for (int64_t n = 0; n < count; n++) {
            seen |= row[n] != -INFINITY;
            changed |= row[n] != 0;
            mask[n][i] = row[n];
        }
    }
    if (!seen)
        return HIDDEN;
    return changed ? MASKED : SEEN;
}

static void score(const struct task *t, int64_t count)
{
    struct work *work = t->work;
    int64_t padded = (count + TILE_COLUMNS - 1) / TILE_COLUMNS * TILE_COLUMNS;
    memset(work->scores, 0, (size_t)padded * sizeof *work->scores);
    for (int64_t n = 0; n < count; n += TILE_COLUMNS)
        tile_add((struct tile_operands){
                     .left = t->query[0],
                     .left_vector = LANES,
                     .left_step = ROWS,
                     .right = t->block + n * t->width,
                     .right_column = t->width,
                     .right_step = 1,
                     .sums = work->scores[n],
                     .sums_column = ROWS,
                     .steps = t->a->width,
                 },
                 t->vectors);
}

// Turns the scores of one vector of rows into weights: scales, masks, subtracts the maximum so far
// and exponentiates. If the maximum grows, earlier sums shrink.
static void weigh(const struct task *t, int64_t count, int64_t v, bool masked)
{
    struct work *work = t->work;
    const vector none = vector_of(-INFINITY);
    vector before = vector_load(work->maximum + v * LANES), maximum = before;
    for (int64_t n = 0; n < count; n++) {
        vector value = vector_load(work->scores[n] + v * LANES) * t->a->scale;
        if (masked)
            value += vector_load(work->mask[n] + v * LANES);
        maximum = vector_max(maximum, value);
        vector_store(work->scores[n] + v * LANES, value);
    }
    vector base = vector_select(maximum == none, vector_of(0), maximum);
    vector shrink = vector_exp(before - base);
    vector sum = vector_load(work->sum + v * LANES) * shrink;
    for (int64_t n = 0; n < count; n++) {
        vector weight = vector_exp(vector_load(work->scores[n] + v * LANES) - base);
        sum += weight;
        vector_store(work->scores[n] + v * LANES, weight);
    }
    for (int64_t d = 0; d < t->width; d++)
        vector_store(t->result[d] + v * LANES, vector_load(t->result[d] + v * LANES) * shrink);
    vector_store(work->maximum + v * LANES, maximum);
    vector_store(work->sum + v * LANES, sum);
}

static void add_values(const struct task *t, int64_t count)
{
    for (int64_t d = 0; d < t->width; d += TILE_COLUMNS)
        tile_add((struct tile_operands){
                     .left = t->work->scores[0],
                     .left_vector = LANES,
                     .left_step = ROWS,
                     .right = t->block + d,
                     .right_column = 1,
                     .right_step = t->width,
                     .sums = t->result[d],
                     .sums_column = ROWS,
                     .steps = count,
                 },
                 t->vectors);
}

static void store(const struct task *t)
{
    const struct attention *a = t->a;
    for (int64_t i = 0; i < t->rows; i++) {
        float sum = t->work->sum[i];
        float factor = sum == 0 ? 0 : 1 / sum;
        void *row = cube_at(&a->result, t->batch, t->head, t->first + i, 0);
        for (int64_t d = 0; d < a->width; d++)
            element_from_float(a->result.dtype, row, d * a->result.strides[3],
                               t->result[d][i] * factor);
        float *log_sum = cube_at(&a->log_sum_exp, t->batch, t->head, t->first + i, 0);
        *log_sum = sum == 0 ? 0 : t->work->maximum[i] + logf(sum);
    }
}

static void compute(const struct attention *a, int64_t batch, int64_t head, int64_t first,
                    void *scratch)
{
    int64_t rows = a->rows - first < ROWS ? a->rows - first : ROWS, width = padded_width(a);
    struct task task = {a, batch, head, first, rows, (rows + LANES - 1) / LANES, width,
                        scratch, NULL, NULL, NULL};
    task.query = (void *)(task.work + 1);
    task.result = task.query + width;
    task.block = (float *)(task.result + width);
    load_query(&task);
    memset(task.result, 0, (size_t)width * sizeof *task.result);
    memset(task.work->sum, 0, sizeof task.work->sum);
    for (int64_t i = 0; i < ROWS; i++)
        task.work->maximum[i] = -INFINITY;
    // Skips keys that no row sees, even if they are NaN.
    int64_t keys = a->causal && first + rows < a->keys ? first + rows : a->keys;
    for (int64_t n = 0; n < keys; n += KEYS) {
        int64_t count = keys - n < KEYS ? keys - n : KEYS;
        enum sight sight = load_mask(&task, n, count);
        if (sight == HIDDEN)
            continue;
        load_block(&task, &a->key, n, count);
        score(&task, count);
        for (int64_t v = 0; v < task.vectors; v++)
            weigh(&task, count, v, sight == MASKED);
        load_block(&task, &a->value, n, count);
        add_values(&task, count);
    }
    store(&task);
}

const struct attention_kernel LEVEL_NAME(attention) = {covers, ROWS, scratch_bytes, compute};
