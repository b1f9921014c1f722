// SPDX-License-Identifier: BSD-2-Clause
// Figures of a run, by the formulas of aoti-time(1).

#ifndef AOTI_TIMING_FIGURES_H
#define AOTI_TIMING_FIGURES_H

#include <stddef.h>
#include <stdint.h>

#include "timing/recording.h"

enum figure {
    FIGURE_TTFT_COLD,
    FIGURE_TTFT_READY,
    FIGURE_MEAN,
    FIGURE_TAIL_MEAN,
    FIGURE_RATE_ALL,
    FIGURE_RATE_TAIL,
    FIGURE_RATE_END_TO_END,
    FIGURE_RATE_DECODE,
    FIGURE_TOTAL_SCRIPT,
    FIGURE_ITL_P50,
    FIGURE_ITL_P90,
    FIGURE_ITL_P99,
    FIGURE_ITL_MAX,
    FIGURE_PEAK_RSS,
    FIGURE_CPU,
    FIGURE_PACKAGE,
    FIGURE_BANDWIDTH,
    FIGURE_BANDWIDTH_SHARE,
    FIGURE_COUNT,
};

enum figure_unit {
    UNIT_SECONDS,
    UNIT_IDS_PER_SECOND,
    UNIT_BYTES,
    UNIT_BYTES_PER_SECOND,
    UNIT_SHARE,
};

struct figure_form {
    const char *name;   // in reports
    const char *title;  // in tables
    enum figure_unit unit;
};

// Indexed by enum figure.
extern const struct figure_form figure_forms[FIGURE_COUNT];

struct figures {
    double value[FIGURE_COUNT];  // NAN: unknown
};

// Measurements that do not come from the stream. NAN: unknown.
struct resources {
    double peak_rss;   // bytes
    double cpu;        // seconds, user and system
    double package;    // bytes that each id reads
    double bandwidth;  // bytes per second that this machine reads
};

// Returns the figures of a run.
struct figures figures_of(const struct recording *recording, const struct resources *resources);

struct figure_range {
    double minimum, median, maximum;
};

// Returns the range of FIGURE over the runs, of COUNT, that have a value. NAN if none has.
struct figure_range figures_range(const struct figures *runs, size_t count, enum figure figure);

enum { FIGURE_TEXT_SIZE = 32 };

// Writes VALUE for people, such as "12.3 ms", to TEXT; "-" for NAN.
void figure_text(enum figure_unit unit, double value, char text[FIGURE_TEXT_SIZE]);

#endif
