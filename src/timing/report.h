// SPDX-License-Identifier: BSD-2-Clause
// The report for programs: JSON lines, one for each request, one for each run, one for all runs.

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

// What is the same for all runs of a measurement; all lent.
struct measurement {
    const char *label;  // NULL: none
    char **command;     // NULL: standard input was followed
    const struct requests *requests;  // NULL: likewise
    json_t *host;
    json_t *notes;  // an object of strings
};

// One run. All lent.
struct run {
    size_t repeat;  // from 1
    const struct recording *recording;
    const struct session_result *result;
    const struct figures *figures;
    const struct stages *stages;
    int evicted;  // 1: files were dropped from the page cache; 0: they could not; -1: not asked
};

struct report {
    int descriptor;  // -1: nothing is written
    const char *name;
};

// Opens FILE for writing, or does nothing later where it is NULL. Dies with STATUS_FAILURE.
struct report report_open(const char *file);

// Writes the events "request" and "summary" of a run. Dies with STATUS_FAILURE.
void report_run(const struct report *report, const struct measurement *measurement,
                const struct run *run);

// Writes the event "repeats": least, middle and greatest of the figures of all runs.
void report_ranges(const struct report *report, const struct measurement *measurement,
                   const struct tally *tally);
void report_close(struct report *report);

#endif
