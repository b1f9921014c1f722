// SPDX-License-Identifier: BSD-2-Clause
// Unit tests of src/timing: order statistics, the stream scanner, and figures of known times.

#include "config.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "timing/figures.h"
#include "timing/quantiles.h"
#include "timing/recording.h"
#include "timing/scan.h"

START_TEST(ranks_with_zeros)
{
    struct sample sample = {0};
    ck_assert(isnan(sample_percentile(&sample, 50, 1)));
    for (int i = 4; i >= 1; i--)
        sample_add(&sample, i);
    sample_add(&sample, 0);
    sample_sort(&sample);
    ck_assert_uint_eq(sample_size(&sample), 5);
    ck_assert_double_eq(sample_percentile(&sample, 20, 1), 0);
    ck_assert_double_eq(sample_percentile(&sample, 21, 1), 1);
    ck_assert_double_eq(sample_percentile(&sample, 50, 1), 2);
    ck_assert_double_eq(sample_percentile(&sample, 100, 1), 4);
    ck_assert(isnan(sample_percentile(&sample, 99, 100)));
    sample_free(&sample);
}
END_TEST

START_TEST(takes_the_middle)
{
    ck_assert(isnan(median(NULL, 0)));
    ck_assert_double_eq(median((double[]){3}, 1), 3);
    ck_assert_double_eq(median((double[]){9, 1, 2}, 3), 2);
    ck_assert_double_eq(median((double[]){9, 1, 2, 4}, 4), 3);
}
END_TEST

// Scans TEXT in blocks of SIZE bytes and checks the canonical form, ids, lines, and the place of an
// error.
static void check_scan(const char *text, size_t size, const char *canonical, size_t ids,
                       uint64_t line, uint64_t column, bool malformed)
{
    struct scan scan;
    struct buffer out = {0};
    struct scan_result found = {0};
    size_t length = strlen(text), total = 0;
    scan_init(&scan);
    for (size_t at = 0; at < length && !found.malformed;) {
        size_t piece = length - at < size ? length - at : size;
        at += scan_block(&scan, text + at, piece, &out, &found);
        total += found.ids;
    }
    buffer_append(&out, "", 1);
    ck_assert_str_eq(out.data, canonical);
    ck_assert_uint_eq(total, ids);
    ck_assert_uint_eq(scan.line, line);
    ck_assert_uint_eq(scan.column, column);
    ck_assert(found.malformed == malformed);
    buffer_free(&out);
}

START_TEST(scans_in_pieces)
{
    for (size_t size = 1; size < 12; size++) {
        check_scan("1 23\n4\n", size, "1 23\n4\n", 3, 3, 1, false);
        check_scan(" 007\t 0  00 10 \n\n", size, "7 0 0 10\n\n", 4, 3, 1, false);
        check_scan("2147483647 ", size, "2147483647", 1, 1, 12, false);
        check_scan("1\n12x", size, "1\n12", 1, 2, 3, true);
        check_scan("5 -1", size, "5", 1, 1, 3, true);
    }
    check_scan("2147483648\n", 99, "214748364", 0, 1, 10, true);
}
END_TEST

// Two requests: the first is answered "1 2 3" at 10, 11 and 13 s, ready at 4; the second, sent at
// 13, "4 5" in one block at 15.
static struct recording known_times(void)
{
    unsigned char byte;
    struct recording recording = recording_begin(100, false);
    recording_request(&recording, 101, 2);
    recording_ready(&recording, 104);
    recording_bytes(&recording, "1 ", 2, 110, &byte);
    recording_bytes(&recording, "2 ", 2, 111, &byte);
    recording_bytes(&recording, "3\n", 2, 113, &byte);
    recording_request(&recording, 113, 2);
    recording_bytes(&recording, "4 5\n", 4, 115, &byte);
    recording_finish(&recording, 120);
    return recording;
}

START_TEST(figures_of_known_times)
{
    static const struct resources resources = {
        .peak_rss = 1, .cpu = 2, .package = 100, .bandwidth = 1000};
    struct recording recording = known_times();
    struct figures figures = figures_of(&recording, &resources);
    static const double wanted[FIGURE_COUNT] = {
        [FIGURE_TTFT_COLD] = 10,       [FIGURE_TTFT_READY] = 6,
        [FIGURE_MEAN] = 7,             [FIGURE_TAIL_MEAN] = 2,
        [FIGURE_RATE_ALL] = 5.0 / 14,  [FIGURE_RATE_TAIL] = 1,
        [FIGURE_RATE_END_TO_END] = 0.25, [FIGURE_RATE_DECODE] = 1,
        [FIGURE_TOTAL_SCRIPT] = 20,    [FIGURE_ITL_P50] = 1,
        [FIGURE_ITL_P90] = 2,          [FIGURE_ITL_P99] = NAN,
        [FIGURE_ITL_MAX] = 2,          [FIGURE_PEAK_RSS] = 1,
        [FIGURE_CPU] = 2,              [FIGURE_PACKAGE] = 100,
        [FIGURE_BANDWIDTH] = 1000,     [FIGURE_BANDWIDTH_SHARE] = 0.1,
    };
    for (int i = 0; i < FIGURE_COUNT; i++)
        if (isnan(wanted[i]))
            ck_assert_msg(isnan(figures.value[i]), "%s", figure_forms[i].name);
        else
            ck_assert_msg(fabs(figures.value[i] - wanted[i]) < 1e-12, "%s: %g, not %g",
                          figure_forms[i].name, figures.value[i], wanted[i]);
    // echo 1 2 3 | sha256sum, then both lines.
    ck_assert_str_eq(recording.answers[0].sha256,
                     "1def07dbe06eeb097aafec8a40329937cd20c93a83634b8221ea2b41a894310c");
    recording_free(&recording);
}
END_TEST

START_TEST(answers_that_nobody_asked_for)
{
    unsigned char byte;
    struct recording recording = recording_begin(0, false);
    ck_assert_int_eq(recording_bytes(&recording, "1\n", 2, 1, &byte), RECORDING_UNASKED);
    recording_request(&recording, 1, 1);
    ck_assert_int_eq(recording_bytes(&recording, "1\n", 2, 1, &byte), RECORDING_GOES_ON);
    ck_assert_int_eq(recording_bytes(&recording, "\n", 1, 1, &byte), RECORDING_UNASKED);
    recording_finish(&recording, 2);
    recording_free(&recording);
}
END_TEST

START_TEST(ranges_skip_what_is_not_known)
{
    struct figures runs[3] = {0};
    runs[0].value[FIGURE_MEAN] = 5;
    runs[1].value[FIGURE_MEAN] = NAN;
    runs[2].value[FIGURE_MEAN] = 1;
    struct figure_range range = figures_range(runs, 3, FIGURE_MEAN);
    ck_assert_double_eq(range.minimum, 1);
    ck_assert_double_eq(range.median, 3);
    ck_assert_double_eq(range.maximum, 5);
    ck_assert(isnan(figures_range(runs + 1, 1, FIGURE_MEAN).median));
}
END_TEST

START_TEST(units)
{
    char text[FIGURE_TEXT_SIZE];
    figure_text(UNIT_SECONDS, 1.5, text);
    ck_assert_str_eq(text, "1.5 s ");
    figure_text(UNIT_SECONDS, 0.0125, text);
    ck_assert_str_eq(text, "12.5 ms");
    figure_text(UNIT_SECONDS, -2e-5, text);
    ck_assert_str_eq(text, "-20 us");
    figure_text(UNIT_BYTES, 2.5e9, text);
    ck_assert_str_eq(text, "2.5 GB");
    figure_text(UNIT_SHARE, 0.962, text);
    ck_assert_str_eq(text, "96.2 % ");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("timing");
    TCase *tests = tcase_create("timing");
    tcase_add_test(tests, ranks_with_zeros);
    tcase_add_test(tests, takes_the_middle);
    tcase_add_test(tests, scans_in_pieces);
    tcase_add_test(tests, figures_of_known_times);
    tcase_add_test(tests, answers_that_nobody_asked_for);
    tcase_add_test(tests, ranges_skip_what_is_not_known);
    tcase_add_test(tests, units);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
