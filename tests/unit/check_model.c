// SPDX-License-Identifier: BSD-2-Clause
// Samplers against the distributions they should draw from, and the smaller modules of src/model.

#include "config.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/digest.h"
#include "model/host.h"
#include "model/model.h"
#include "model/sampling.h"

enum { VOCABULARY = 8, DRAWS = 100000 };

static const float logits[VOCABULARY] = {1.0f, 2.5f, -1.0f, 0.5f, 2.5f, -3.0f, 0.0f, 1.5f};

// Settings and the ids that they keep, worked out by hand: 1 and 4 are the most probable, then 7,
// 0, 3, 6.
static const struct {
    struct sampling_options options;
    int kept[VOCABULARY];
} settings[] = {
    {{.temperature = 1, .top_p = 1, .repetition_penalty = 1}, {1, 1, 1, 1, 1, 1, 1, 1}},
    {{.temperature = 0.5, .top_p = 1, .repetition_penalty = 1}, {1, 1, 1, 1, 1, 1, 1, 1}},
    {{.temperature = 2, .top_p = 1, .repetition_penalty = 1}, {1, 1, 1, 1, 1, 1, 1, 1}},
    {{.temperature = 1, .top_k = 3, .top_p = 1, .repetition_penalty = 1},
     {0, 1, 0, 0, 1, 0, 0, 1}},
    {{.temperature = 1, .top_p = 0.7, .repetition_penalty = 1}, {0, 1, 0, 0, 1, 0, 0, 0}},
    {{.temperature = 1, .top_p = 0.9, .repetition_penalty = 1}, {1, 1, 0, 0, 1, 0, 0, 1}},
    {{.temperature = 1, .top_p = 1, .min_p = 0.2, .repetition_penalty = 1},
     {1, 1, 0, 0, 1, 0, 0, 1}},
    {{.temperature = 1, .top_k = 5, .top_p = 0.99, .min_p = 0.1, .repetition_penalty = 1},
     {1, 1, 0, 1, 1, 0, 0, 1}},
};

// The 99.99 % quantile of chi-square by the cube approximation of Wilson and Hilferty.
static double chi_square_limit(int degrees)
{
    double d = degrees;
    double cube = 1 - 2 / (9 * d) + 3.719 * sqrt(2 / (9 * d));
    return d * cube * cube * cube;
}

// Compares DRAWS draws with weights[i], which need not sum to 1.
static void check_distribution(const struct sampling_options *options,
                               const double weights[static VOCABULARY], const int32_t *seen,
                               size_t seen_count)
{
    struct sampler *sampler = sampler_new(options, VOCABULARY);
    double sum = 0, distance = 0;
    int counts[VOCABULARY] = {0}, degrees = -1;
    for (int i = 0; i < DRAWS; i++)
        counts[sampler_pick(sampler, logits, seen, seen_count)]++;
    for (int i = 0; i < VOCABULARY; i++)
        sum += weights[i];
    for (int i = 0; i < VOCABULARY; i++) {
        double expected = (double)DRAWS * weights[i] / sum;
        if (weights[i] == 0) {
            ck_assert_msg(counts[i] == 0, "id %d was drawn %d times", i, counts[i]);
            continue;
        }
        distance += (counts[i] - expected) * (counts[i] - expected) / expected;
        degrees++;
    }
    ck_assert_msg(distance < chi_square_limit(degrees), "chi-square %g of %d degrees", distance,
                  degrees);
    sampler_free(sampler);
}

START_TEST(draws_follow_the_distribution)
{
    double weights[VOCABULARY];
    for (int i = 0; i < VOCABULARY; i++)
        weights[i] = settings[_i].kept[i] * exp(logits[i] / settings[_i].options.temperature);
    check_distribution(&settings[_i].options, weights, NULL, 0);
}
END_TEST

START_TEST(repetition_penalty_divides_or_multiplies)
{
    static const int32_t seen[] = {1, 2, 1};
    double weights[VOCABULARY];
    for (int i = 0; i < VOCABULARY; i++)
        weights[i] = exp(logits[i]);
    weights[1] = exp(logits[1] / 1.5);
    weights[2] = exp(logits[2] * 1.5);
    struct sampling_options options = {.temperature = 1, .top_p = 1, .repetition_penalty = 1.5};
    check_distribution(&options, weights, seen, 3);
}
END_TEST

START_TEST(greedy_takes_the_first_of_equal_logits)
{
    struct sampling_options options = {.top_p = 1, .repetition_penalty = 1};
    struct sampler *sampler = sampler_new(&options, VOCABULARY);
    ck_assert_int_eq(sampler_pick(sampler, logits, NULL, 0), 1);
    sampler_free(sampler);
}
END_TEST

START_TEST(log_probabilities_sum_to_one)
{
    double sum = 0;
    for (int32_t i = 0; i < VOCABULARY; i++)
        sum += exp(sampling_log_probability(logits, VOCABULARY, i));
    ck_assert_double_eq_tol(sum, 1, 1e-12);
    ck_assert_double_eq_tol(sampling_log_probability(logits, VOCABULARY, 1)
                                - sampling_log_probability(logits, VOCABULARY, 0),
                            1.5, 1e-6);
}
END_TEST

START_TEST(half_precision_is_widened_exactly)
{
    static const uint16_t halves[] = {0x0000, 0x8000, 0x3c00, 0xc000, 0x7bff, 0x0001, 0x7c00};
    static const float values[] = {0.0f, -0.0f, 1.0f, -2.0f, 65504.0f, 0x1p-24f, INFINITY};
    static const uint16_t brains[] = {0x3f80, 0xc000, 0x7f7f, 0xff80};
    static const float brain_values[] = {1.0f, -2.0f, 0x1.fep127f, -INFINITY};
    float result[7];
    model_to_float(halves, TORCH_FLOAT16, 7, result);
    ck_assert_mem_eq(result, values, sizeof values);
    model_to_float(brains, TORCH_BFLOAT16, 4, result);
    ck_assert_mem_eq(result, brain_values, sizeof brain_values);
}
END_TEST

START_TEST(sha256_of_abc)
{
    char text[DIGEST_TEXT_SIZE];  // the example of FIPS 180-4
    digest_sha256("abc", 3, text);
    ck_assert_str_eq(text, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}
END_TEST

START_TEST(cpu_features_are_whole_words)
{
    ck_assert(!host_has_cpu_feature("no_such_feature"));
    ck_assert(!host_has_cpu_feature("sse4"));
    ck_assert(!host_has_cpu_feature("se2"));
#ifdef __x86_64__
    ck_assert(host_has_cpu_feature("sse2"));
    ck_assert(host_has_cpu_feature("fpu"));
#endif
#ifdef __aarch64__
    ck_assert(host_has_cpu_feature("asimd"));
    ck_assert(!host_has_cpu_feature("asim"));
#endif
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("model");
    TCase *sampling = tcase_create("sampling");
    tcase_add_loop_test(sampling, draws_follow_the_distribution, 0,
                        (int)(sizeof settings / sizeof *settings));
    tcase_add_test(sampling, repetition_penalty_divides_or_multiplies);
    tcase_add_test(sampling, greedy_takes_the_first_of_equal_logits);
    tcase_add_test(sampling, log_probabilities_sum_to_one);
    suite_add_tcase(suite, sampling);
    TCase *pieces = tcase_create("pieces");
    tcase_add_test(pieces, half_precision_is_widened_exactly);
    tcase_add_test(pieces, sha256_of_abc);
    tcase_add_test(pieces, cpu_features_are_whole_words);
    suite_add_tcase(suite, pieces);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
