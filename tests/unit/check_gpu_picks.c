// SPDX-License-Identifier: BSD-2-Clause
// Ids that the GPU takes or draws, against the distribution that the options ask for.

#include "config.h"

#include "check_gpu.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/memory.h"
#include "gpu/gpu.h"
#include "gpu/picks.h"

// Draws TIMES ids and counts each in DRAWN.
static void draw(const struct gpu_picks_options *options, const struct array *logits, size_t times,
                 size_t *drawn)
{
    const int32_t prompt[] = {0};
    struct gpu_picks *picks =
        gpu_picks_new(options, (size_t)logits->count, times + 1, 4, 0xff800000);
    gpu_picks_set(picks, prompt, 1);
    for (size_t i = 0; i < times; i++) {
        gpu_picks_append(picks, logits->device);
        gpu_wait();
        int32_t id = gpu_picks_answer(picks, i + 1);
        ck_assert_int_ge(id, 0);
        ck_assert_int_lt(id, logits->count);
        drawn[id]++;
    }
    gpu_picks_free(picks);
}

static struct array logits_of(int64_t count)
{
    const int64_t strides[] = {1};
    return array_of(TORCH_FLOAT32, 1, &count, strides);
}

START_TEST(the_largest_is_picked)
{
    const struct gpu_picks_options greedy = {.top_p = 1, .repetition_penalty = 1};
    static size_t drawn[100003];
    struct array logits = logits_of(100003);
    for (int64_t i = 0; i < logits.count; i++)
        set(&logits, i, (float)i);
    update(&logits);
    draw(&greedy, &logits, 5, drawn);
    ck_assert_uint_eq(drawn[100002], 5);
    free_array(&logits);
}
END_TEST

// An id and its weight; the largest weight is 1.
struct candidate {
    int64_t id;
    double weight;
};

static int by_weight_descending(const void *a, const void *b)
{
    const struct candidate *left = a, *right = b;
    if (left->weight != right->weight)
        return left->weight < right->weight ? 1 : -1;
    return left->id < right->id ? -1 : 1;
}

// The reference: weights of all ids, 0 where the options exclude one.
static void weigh(const struct gpu_picks_options *options, const struct array *logits,
                  double *weights)
{
    size_t count = (size_t)logits->count, kept = count;
    struct candidate *all = xcalloc(count, sizeof *all);
    double top = -HUGE_VAL, sum = 0, total = 0;
    for (size_t i = 0; i < count; i++)
        top = fmax(top, (double)get(logits, (int64_t)i));
    for (size_t i = 0; i < count; i++)
        all[i] = (struct candidate){
            (int64_t)i, exp(((double)get(logits, (int64_t)i) - top) / options->temperature)};
    qsort(all, count, sizeof *all, by_weight_descending);
    if (options->top_k > 0)
        kept = (size_t)options->top_k;
    while (kept < count && all[kept].weight == all[kept - 1].weight)
        kept++;
    for (size_t i = 0; i < kept; i++)
        total += all[i].weight;
    memset(weights, 0, count * sizeof *weights);
    for (size_t i = 0; i < kept && (options->top_p == 1 || sum < options->top_p * total); i++) {
        sum += all[i].weight;
        weights[all[i].id] = all[i].weight >= options->min_p ? all[i].weight : 0;
    }
    free(all);
}

// Draws and compares by Pearson's test, ids in 8 classes of about the same weight.
static void check_draws(const struct gpu_picks_options *options, const struct array *logits,
                        size_t times)
{
    static const double limits[] = {0, 15.1, 18.4, 21.1, 23.5, 25.7, 27.9, 29.9};  // p = 0.0001
    size_t count = (size_t)logits->count, *drawn = xcalloc(count, sizeof *drawn), classes = 0;
    double *weights = xcalloc(count, sizeof *weights), sum = 0, chi_square = 0;
    double expected = 0, found = 0, passed = 0;
    weigh(options, logits, weights);
    draw(options, logits, times, drawn);
    for (size_t i = 0; i < count; i++)
        sum += weights[i];
    for (size_t i = 0; i < count; i++) {
        ck_assert_msg(weights[i] > 0 || drawn[i] == 0, "id %zu of %zu is excluded", i, count);
        passed += weights[i];
        expected += weights[i] / sum * (double)times;
        found += (double)drawn[i];
        if (expected > 0 && (i + 1 == count || passed * 8 >= sum * (double)(classes + 1))) {
            chi_square += (found - expected) * (found - expected) / expected;
            classes++;
            expected = found = 0;
        }
    }
    ck_assert_double_lt(chi_square, limits[classes < 8 ? classes - 1 : 7] + 1e-9);
    free(drawn);
    free(weights);
}

START_TEST(draws_follow_the_distribution)
{
    static const struct {
        int64_t count, different;  // logits, and those that differ; 0: random ones
        size_t times, times_on_stand_in;
    } cases[] = {{8, 8, 20000, 12}, {12, 3, 20000, 24}, {5003, 0, 2000, 2}, {140000, 0, 2000, 2}};
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        struct array logits = logits_of(cases[c].count);
        size_t times = share == 1 ? cases[c].times : cases[c].times_on_stand_in;
        for (int64_t i = 0; i < logits.count; i++)
            set(&logits, i, cases[c].different > 0 ? (float)(i % cases[c].different)
                                                   : roundf(random_value() * 16) / 4);
        update(&logits);
        struct gpu_picks_options options = {
            .temperature = 2, .top_p = 1, .repetition_penalty = 1, .seed = 7};
        check_draws(&options, &logits, times);
        options.top_k = cases[c].count / 3 + 1;
        check_draws(&options, &logits, times);
        options.top_p = 0.7;
        check_draws(&options, &logits, times);
        options.top_k = 0;
        check_draws(&options, &logits, times);
        options.min_p = 0.3;
        check_draws(&options, &logits, times);
        options.top_p = 1;
        check_draws(&options, &logits, times);
        free_array(&logits);
    }
}
END_TEST

void add_picks(Suite *suite)
{
    add_case(suite, "picks", the_largest_is_picked, draws_follow_the_distribution);
}
