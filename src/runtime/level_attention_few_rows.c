// SPDX-License-Identifier: BSD-2-Clause
// Attention of few rows that see all keys, as in a decode step. For the other cases see
// level_attention.c.
//
// How it works: one decode step reads every key and value once, so memory sets the time, and
// nothing is copied or converted ahead. Keys go by in blocks. For scores, a lane is a part of the
// width, and LANES products are summed across lanes at once; for weights and values, a lane is a
// part of the width again. The softmax runs along with the maximum so far (see level_attention.c).
//
// Example: two blocks with the scores {1, 3} and {5}. Block 1: maximum 3, weights e^-2 and 1, sum
// 1.135. Block 2: the maximum rises to 5, so sum and results shrink by e^-2, and the weight 1 is
// added: sum 1.154. The results are divided by it at the end. For n keys of width d, O(n d).

#include "config.h"

#include <math.h>

#include "runtime/finish.h"
#include "runtime/levels.h"

enum {
    ROWS = 4,                                  // per task
    KEYS = 4 * LANES,                          // keys per block
    AT_ONCE = VECTOR_REGISTERS >= 32 ? 4 : 2,  // keys, or vectors of the width, for each row
};

// Scratch of a task, followed by the queries and the results, a row of floats each.
struct work {
    vector products[ROWS][LANES];  // of a row and a key, not yet summed across lanes
    float weights[ROWS][KEYS];     // scores, then weights
    float shrink[ROWS], maximum[ROWS], sum[ROWS];
};

// Keys or values of a head; the stride is in bytes.
struct lines {
    const char *data;
    int64_t stride;
};

// The state of a task. rows and dtype are constants at most calls.
struct task {
    const struct attention *a;
    int64_t batch, head, first;
    int rows;
    enum torch_dtype dtype;
    struct lines keys, values;
    struct work *work;
    float *queries, *results;  // [ROWS][width]
};

static bool covers(const struct attention *a)
{
    return a->rows <= 2 * ROWS && a->mask.data == NULL && !a->causal
           && a->width % (AT_ONCE * LANES) == 0 && a->key.strides[3] == 1
           && a->value.strides[3] == 1 && a->key.dtype == a->value.dtype
           && a->key.dtype != TORCH_FLOAT16;
}

static size_t scratch_bytes(const struct attention *a)
{
    return sizeof(struct work) + (size_t)(2 * ROWS * a->width) * sizeof(float);
}

INLINE vector load_part(const struct lines *lines, enum torch_dtype dtype, int64_t line,
                        int64_t first)
{
    const int64_t size = dtype == TORCH_BFLOAT16 ? 2 : 4;
    return vector_load_as(dtype, lines->data + line * lines->stride + first * size);
}

// Multiplies COUNT (a constant) keys from KEY on, which becomes lane LANE of a vector of scores.
INLINE void multiply_keys(const struct task *t, int64_t key, int64_t lane, int count)
{
    const int rows = t->rows;
    const int64_t width = t->a->width;
    vector sum[ROWS][AT_ONCE];
    UNROLLED for (int i = 0; i < rows; i++)
        UNROLLED for (int n = 0; n < count; n++)
            sum[i][n] = vector_of(0);
    for (int64_t d = 0; d < width; d += LANES)
        UNROLLED for (int n = 0; n < count; n++) {
            vector value = load_part(&t->keys, t->dtype, key + n, d);
            UNROLLED for (int i = 0; i < rows; i++)
                sum[i][n] += value * vector_load(t->queries + i * width + d);
        }
    UNROLLED for (int i = 0; i < rows; i++)
        UNROLLED for (int n = 0; n < count; n++)
            t->work->products[i][lane + n] = sum[i][n];
}

// Computes the scores of COUNT keys from FIRST on; minus infinity past the end, up to whole
// vectors.
INLINE void score(const struct task *t, int64_t first, int64_t count)
{
    struct work *work = t->work;
    for (int64_t begin = 0; begin < count; begin += LANES) {
        int64_t lanes = count - begin < LANES ? count - begin : LANES, n = 0;
        for (; n + AT_ONCE <= lanes; n += AT_ONCE)
            multiply_keys(t, first + begin + n, n, AT_ONCE);
        for (; n < lanes; n++)
            multiply_keys(t, first + begin + n, n, 1);
        UNROLLED for (int i = 0; i < t->rows; i++) {
            float *scores = work->weights[i] + begin;
            vector_store(scores, vector_sums(work->products[i]) * t->a->scale);
            for (n = lanes; n < LANES; n++)
                scores[n] = -INFINITY;
        }
    }
}

// Turns the scores of a row into weights: subtracts the maximum so far and exponentiates. If the
// maximum grows, earlier sums shrink.
INLINE void weigh(struct work *work, int row, int64_t count)
{
    float *weights = work->weights[row], maximum = work->maximum[row], lane[LANES];
    vector largest = vector_of(maximum), total = vector_of(0);
    for (int64_t n = 0; n < count; n += LANES)
        largest = vector_max(largest, vector_load(weights + n));
    vector_store(lane, largest);
    for (int i = 0; i < LANES; i++)
        maximum = lane[i] > maximum ? lane[i] : maximum;
    float base = maximum == -INFINITY ? 0 : maximum;
    for (int64_t n = 0; n < count; n += LANES) {
        vector weight = vector_exp(vector_load(weights + n) - base);
        total += weight;
        vector_store(weights + n, weight);
    }
    work->shrink[row] = vector_exp(vector_of(work->maximum[row] - base))[0];
    work->sum[row] = work->sum[row] * work->shrink[row] + vector_sum(total);
    work->maximum[row] = maximum;
}

INLINE void add_values(const struct task *t, int64_t first, int64_t count)
{
    const struct work *work = t->work;
    const int rows = t->rows;
    for (int64_t d = 0; d < t->a->width; d += AT_ONCE * LANES) {
        float *results = t->results + d;
        vector sum[ROWS][AT_ONCE];
        UNROLLED for (int i = 0; i < rows; i++)
            UNROLLED for (int v = 0; v < AT_ONCE; v++)
                sum[i][v] = vector_load(results + i * t->a->width + v * LANES) * work->shrink[i];
        for (int64_t n = 0; n < count; n++)
            UNROLLED for (int v = 0; v < AT_ONCE; v++) {
                vector value = load_part(&t->values, t->dtype, first + n, d + v * LANES);
                UNROLLED for (int i = 0; i < rows; i++)
                    sum[i][v] += value * work->weights[i][n];
            }
        UNROLLED for (int i = 0; i < rows; i++)
            UNROLLED for (int v = 0; v < AT_ONCE; v++)
                vector_store(results + i * t->a->width + v * LANES, sum[i][v]);
    }
}

INLINE void run(struct task task, int rows, enum torch_dtype dtype)
{
    const struct task *t = &task;
    task.rows = rows;
    task.dtype = dtype;
    for (int64_t n = 0; n < t->a->keys; n += KEYS) {
        int64_t count = t->a->keys - n < KEYS ? t->a->keys - n : KEYS;
        score(t, n, count);
        for (int i = 0; i < rows; i++)
            weigh(t->work, i, count);
        add_values(t, n, count);
    }
}

INLINE void run_rows(const struct task *t, enum torch_dtype dtype)
{
    switch (t->rows) {
    case 1:
        run(*t, 1, dtype);
        break;
    case 2:
        run(*t, 2, dtype);
        break;
    case 3:
        run(*t, 3, dtype);
        break;
    default:
        run(*t, ROWS, dtype);
    }
}

static struct lines lines_of(const struct task *t, const struct cube *cube)
{
    return (struct lines){cube_at(cube, t->batch, t->head / t->a->group, 0, 0),
                          cube->strides[2] * (int64_t)element_size(cube->dtype)};
}

static void load_queries(const struct task *t)
{
    const struct cube *query = &t->a->query;
    for (int i = 0; i < t->rows; i++) {
        const void *row = cube_at(query, t->batch, t->head, t->first + i, 0);
        for (int64_t d = 0; d < t->a->width; d++)
            t->queries[i * t->a->width + d] =
                element_to_float(query->dtype, row, d * query->strides[3]);
    }
}

static void store(const struct task *t)
{
    const struct attention *a = t->a;
    for (int i = 0; i < t->rows; i++) {
        float sum = t->work->sum[i], factor = sum == 0 ? 0 : 1 / sum;
        void *row = cube_at(&a->result, t->batch, t->head, t->first + i, 0);
        for (int64_t d = 0; d < a->width; d++)
            element_from_float(a->result.dtype, row, d * a->result.strides[3],
                               t->results[i * a->width + d] * factor);
        float *log_sum = cube_at(&a->log_sum_exp, t->batch, t->head, t->first + i, 0);
        *log_sum = sum == 0 ? 0 : t->work->maximum[i] + logf(sum);
    }
}

static void compute(const struct attention *a, int64_t batch, int64_t head, int64_t first,
                    void *scratch)
{
    struct work *work = scratch;
    struct task task = {
        .a = a,
        .batch = batch,
        .head = head,
        .first = first,
        .rows = a->rows - first < ROWS ? (int)(a->rows - first) : ROWS,
        .work = work,
        .queries = (float *)(work + 1),
    };
    task.results = task.queries + ROWS * a->width;
    task.keys = lines_of(&task, &a->key);
    task.values = lines_of(&task, &a->value);
    memset(work->products, 0, sizeof work->products);
    memset(work->sum, 0, sizeof work->sum);
    memset(task.results, 0, (size_t)(ROWS * a->width) * sizeof *task.results);
    for (int i = 0; i < ROWS; i++)
        work->maximum[i] = -INFINITY;
    load_queries(&task);
    if (a->key.dtype == TORCH_BFLOAT16)
        run_rows(&task, TORCH_BFLOAT16);
    else
        run_rows(&task, TORCH_FLOAT32);
    store(&task);
}

const struct attention_kernel LEVEL_NAME(attention_few_rows) = {
    covers, ROWS, scratch_bytes, compute,
};
