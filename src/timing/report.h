// SPDX-License-Identifier: BSD-2-Clause
// Reports of JSON lines: one per request, one per run, and one for all runs.

#ifndef AOTI_TIMING_REPORT_H
#define AOTI_TIMING_REPORT_H

#include <jansson.h>
#include <stddef.h>

#include "timing/figures.h"
#include "timing/recording.h"
#include "timing/requests.h"
#include "timing/session.h"
#include "timing/stages.h"
#include "timing/tally.h"

// Common to all runs of a measurement. Everything is borrowed.
struct measurement {
    const char *label;  // NULL: none
    char **command;     // NULL: standard input was measured
    const struct requests *requests;  // NULL if command is NULL
    json_t *host;
    json_t *notes;  // object of strings
};

// One run. Everything is borrowed.
struct run {
    size_t repeat;  // number of the run, from 1
    const struct recording *recording;
    const struct session_result *result;
    const struct figures *figures;
    const struct stages *stages;
    int evicted;  // 1: files were dropped from the page cache; 0: that failed; -1: not requested
};

struct report {
    int descriptor;  // -1: no report
    const char *name;
};

// Opens FILE for writing; NULL: no report. Dies with STATUS_FAILURE.
struct report report_open(const char *file);

// Writes the "request" and "summary" events of a run. Dies with STATUS_FAILURE.
void report_run(const struct report *report, const struct measurement *measurement,
                const struct run *run);

// Writes the "repeats" event: minimum, median and maximum of each figure. Dies with STATUS_FAILURE.
void report_ranges(const struct report *report, const struct measurement *measurement,
                   const struct tally *tally);
void report_close(struct report *report);

#endif
