// SPDX-License-Identifier: BSD-2-Clause

#include "config.h"

#include "timing/figures.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/memory.h"
#include "timing/quantiles.h"

// With fewer intervals the 99th percentile would be the maximum.
enum { P99_MINIMUM = 100 };

const struct figure_form figure_forms[FIGURE_COUNT] = {
    [FIGURE_TTFT_COLD] = {"ttft_cold_start_seconds", "ttft_cold", UNIT_SECONDS},
    [FIGURE_TTFT_READY] = {"ttft_after_ready_seconds", "ttft_ready", UNIT_SECONDS},
    [FIGURE_MEAN] = {"mean", "mean", UNIT_SECONDS},
    [FIGURE_TAIL_MEAN] = {"tail_mean", "tail_mean", UNIT_SECONDS},
    [FIGURE_RATE_ALL] = {"tokens_per_second_all", "tokens_per_second_all", UNIT_IDS_PER_SECOND},
    [FIGURE_RATE_TAIL] = {"tail_tokens_per_second", "tail_tokens_per_second", UNIT_IDS_PER_SECOND},
    [FIGURE_RATE_END_TO_END] = {"end_to_end_tokens_per_second", "end_to_end_tokens_per_second",
                                UNIT_IDS_PER_SECOND},
    [FIGURE_RATE_DECODE] = {"decode_tokens_per_second", "decode_tokens_per_second",
                            UNIT_IDS_PER_SECOND},
    [FIGURE_TOTAL_SCRIPT] = {"total_script", "total_script", UNIT_SECONDS},
    [FIGURE_ITL_P50] = {"inter_token_latency_p50_seconds", "inter-token p50", UNIT_SECONDS},
    [FIGURE_ITL_P90] = {"inter_token_latency_p90_seconds", "inter-token p90", UNIT_SECONDS},
    [FIGURE_ITL_P99] = {"inter_token_latency_p99_seconds", "inter-token p99", UNIT_SECONDS},
    [FIGURE_ITL_MAX] = {"inter_token_latency_max_seconds", "inter-token max", UNIT_SECONDS},
    [FIGURE_PEAK_RSS] = {"peak_rss_bytes", "peak RSS", UNIT_BYTES},
    [FIGURE_CPU] = {"cpu_seconds", "CPU time", UNIT_SECONDS},
    [FIGURE_PACKAGE] = {"package_bytes", "package", UNIT_BYTES},
    [FIGURE_BANDWIDTH] = {"read_bandwidth_bytes_per_second", "read bandwidth",
                          UNIT_BYTES_PER_SECOND},
    [FIGURE_BANDWIDTH_SHARE] = {"read_bandwidth_share", "share of it by decode", UNIT_SHARE},
};

// Returns the quotient, or NAN if DIVISOR is not positive.
static double ratio(double dividend, double divisor)
{
    return divisor > 0 ? dividend / divisor : NAN;
}

// Returns ttft_after_ready_seconds, of the first answer whose first id came after the command was
// ready.
static double first_after_ready(const struct recording *recording)
{
    for (size_t i = 0; i < recording->count && !isnan(recording->ready); i++) {
        const struct answer *answer = &recording->answers[i];
        double first = answer_first(answer);
        if (first >= recording->ready)
            return first - fmax(recording->ready, answer->sent);
    }
    return NAN;
}

// Averages over complete answers, from index FIRST.
static void average(const struct recording *recording, size_t first, double *mean, double *rate)
{
    double seconds = 0, ids = 0;
    for (size_t i = first; i < recording->complete; i++) {
        seconds += recording->answers[i].end - recording->answers[i].sent;
        ids += (double)recording->answers[i].ids;
    }
    bool any = recording->complete > first;
    *mean = any ? seconds / (double)(recording->complete - first) : NAN;
    *rate = any ? ratio(ids, seconds) : NAN;
}

static double decode_rate(const struct recording *recording)
{
    double seconds = 0, ids = 0;
    for (size_t i = 0; i < recording->count; i++) {
        const struct answer *answer = &recording->answers[i];
        if (answer->ids < 2)
            continue;
        seconds += answer_last(answer) - answer_first(answer);
        ids += (double)(answer->ids - 1);
    }
    return ratio(ids, seconds);
}

static void add_intervals(struct sample *sample, const struct answer *answer)
{
    for (size_t i = 0; i < answer->arrival_count; i++) {
        if (i > 0)
            sample_add(sample, answer->arrivals[i].at - answer->arrivals[i - 1].at);
        sample->zeros += answer->arrivals[i].ids - 1;
    }
}

static void inter_token_latencies(const struct recording *recording, double *value)
{
    struct sample sample = {0};
    for (size_t i = 0; i < recording->count; i++)
        add_intervals(&sample, &recording->answers[i]);
    sample_sort(&sample);
    value[FIGURE_ITL_P50] = sample_percentile(&sample, 50, 1);
    value[FIGURE_ITL_P90] = sample_percentile(&sample, 90, 1);
    value[FIGURE_ITL_P99] = sample_percentile(&sample, 99, P99_MINIMUM);
    value[FIGURE_ITL_MAX] = sample_percentile(&sample, 100, 1);
    sample_free(&sample);
}

struct figures figures_of(const struct recording *recording, const struct resources *resources)
{
    struct figures figures;
    double *value = figures.value;
    value[FIGURE_TTFT_COLD] =
        recording->count > 0 ? answer_first(&recording->answers[0]) : NAN;
    value[FIGURE_TTFT_READY] = first_after_ready(recording);
    average(recording, 0, &value[FIGURE_MEAN], &value[FIGURE_RATE_ALL]);
    average(recording, 1, &value[FIGURE_TAIL_MEAN], &value[FIGURE_RATE_TAIL]);
    value[FIGURE_TOTAL_SCRIPT] = recording->ended;
    value[FIGURE_RATE_END_TO_END] = ratio((double)recording_ids(recording), recording->ended);
    value[FIGURE_RATE_DECODE] = decode_rate(recording);
    inter_token_latencies(recording, value);
    value[FIGURE_PEAK_RSS] = resources->peak_rss;
    value[FIGURE_CPU] = resources->cpu;
    value[FIGURE_PACKAGE] = resources->package;
    value[FIGURE_BANDWIDTH] = resources->bandwidth;
    value[FIGURE_BANDWIDTH_SHARE] =
        ratio(resources->package * value[FIGURE_RATE_DECODE], resources->bandwidth);
    return figures;
}

struct figure_range figures_range(const struct figures *runs, size_t count, enum figure figure)
{
    double *known = xmalloc(count * sizeof *known);
    size_t used = 0;
    for (size_t i = 0; i < count; i++)
        if (!isnan(runs[i].value[figure]))
            known[used++] = runs[i].value[figure];
    struct figure_range range = {.median = median(known, used)};  // sorts
    range.minimum = used > 0 ? known[0] : NAN;
    range.maximum = used > 0 ? known[used - 1] : NAN;
    free(known);
    return range;
}

struct scale {
    double least, factor;
    const char *unit;
};

static const struct scale time_scales[] = {{1, 1, "s "}, {1e-3, 1e3, "ms"}, {0, 1e6, "us"}};
static const struct scale byte_scales[] = {
    {1e9, 1e-9, "GB"}, {1e6, 1e-6, "MB"}, {1e3, 1e-3, "kB"}, {0, 1, "B "}};

static void scaled_text(const struct scale *scale, double value, const char *suffix,
                        char text[FIGURE_TEXT_SIZE])
{
    while (fabs(value) < scale->least)
        scale++;
    snprintf(text, FIGURE_TEXT_SIZE, "%.4g %s%s", value * scale->factor, scale->unit, suffix);
}

void figure_text(enum figure_unit unit, double value, char text[FIGURE_TEXT_SIZE])
{
    if (isnan(value)) {
        snprintf(text, FIGURE_TEXT_SIZE, "-   ");
        return;
    }
    switch (unit) {
    case UNIT_SECONDS:
        scaled_text(time_scales, value, "", text);
        break;
    case UNIT_BYTES:
        scaled_text(byte_scales, value, "", text);
        break;
    case UNIT_BYTES_PER_SECOND:
        scaled_text(byte_scales, value, "/s", text);
        break;
    case UNIT_IDS_PER_SECOND:
        snprintf(text, FIGURE_TEXT_SIZE, value < 1000 ? "%.4g /s" : "%.0f /s", value);
        break;
    case UNIT_SHARE:
        snprintf(text, FIGURE_TEXT_SIZE, "%.1f %% ", 100 * value);
        break;
    }
}
