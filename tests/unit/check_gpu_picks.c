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

// How often each id is drawn from logits 0, 1, 2, ... of COUNT ids.
static void draw(const struct gpu_picks_options *options, int64_t count, size_t times,
                 size_t *drawn)
{
    const int64_t sizes[] = {count}, strides[] = {1};
    const int32_t prompt[] = {0};
    struct array logits = array_of(TORCH_FLOAT32, 1, sizes, strides);
    for (int64_t i = 0; i < count; i++)
        set(&logits, i, (float)i);
    update(&logits);
    struct gpu_picks *picks = gpu_picks_new(options, (size_t)count, times + 1, 4, 0xff800000);
    gpu_picks_set(picks, prompt, 1);
    for (size_t i = 0; i < times; i++) {
        gpu_picks_append(picks, logits.device);
        gpu_wait();
        int32_t id = gpu_picks_answer(picks, i + 1);
        ck_assert_int_ge(id, 0);
        ck_assert_int_lt(id, count);
        drawn[id]++;
    }
    gpu_picks_free(picks);
    free_array(&logits);
}

START_TEST(the_largest_is_picked)
{
    const struct gpu_picks_options greedy = {.top_p = 1, .repetition_penalty = 1};
    static size_t drawn[100003];
    draw(&greedy, 100003, 5, drawn);
    ck_assert_uint_eq(drawn[100002], 5);
}
END_TEST

// Chi-square of many draws against the distribution that the options leave.
static void check_draws(const struct gpu_picks_options *options, const double *weights,
                        size_t count)
{
    const size_t times = (size_t)(share == 1 ? 20000 : 4000 / share);
    static const double limits[] = {0, 10.8, 13.8, 16.3, 18.5, 20.5, 22.5, 24.3};  // p = 0.001
    size_t drawn[8] = {0}, classes = 0;
    double sum = 0, chi_square = 0;
    draw(options, (int64_t)count, times, drawn);
    for (size_t i = 0; i < count; i++)
        sum += weights[i];
    for (size_t i = 0; i < count; i++) {
        double expected = weights[i] / sum * (double)times;
        if (weights[i] == 0) {
            ck_assert_uint_eq(drawn[i], 0);
            continue;
        }
        classes++;
        chi_square += ((double)drawn[i] - expected) * ((double)drawn[i] - expected) / expected;
    }
    ck_assert_double_lt(chi_square, limits[classes - 1] + 1e-9);
}

START_TEST(draws_follow_the_distribution)
{
    double weights[8];
    for (int i = 0; i < 8; i++)
        weights[i] = exp(i / 2.0);
    struct gpu_picks_options options = {
        .temperature = 2, .top_p = 1, .repetition_penalty = 1, .seed = 7};
    check_draws(&options, weights, 8);
    options.top_k = 3;
    double three[8] = {0, 0, 0, 0, 0, weights[5], weights[6], weights[7]};
    check_draws(&options, three, 8);
    options.top_k = 0;
    options.min_p = 0.3;  // exp(-1) is above, exp(-1.5) below
    check_draws(&options, three, 8);
    options.min_p = 0;
    options.top_p = 0.7;  // 0.40 + 0.24 + 0.15
    check_draws(&options, three, 8);
}
END_TEST

void add_picks(Suite *suite)
{
    add_case(suite, "picks", the_largest_is_picked, draws_follow_the_distribution);
}
