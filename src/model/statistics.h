// SPDX-License-Identifier: BSD-2-Clause
// Writes --stats: one JSON object a line for each stage of start-up and each request.

#ifndef AOTI_MODEL_STATISTICS_H
#define AOTI_MODEL_STATISTICS_H

#include <stddef.h>
#include <stdint.h>

struct statistics {
    int descriptor;  // -1: write nothing
    const char *name;
    double previous;  // end of the last stage, seconds of CLOCK_MONOTONIC
};

// Times of one request, in seconds of CLOCK_MONOTONIC, and its size.
struct request_times {
    double begin, first, end;  // line read, first id known, last id known
    size_t prompt, reused, generated;  // ids
};

// Opens FILE for writing; NULL turns statistics off. The first stage begins with the process. Dies
// with STATUS_FAILURE if the file cannot be opened.
struct statistics statistics_open(const char *file);

// Records that STAGE of start-up has ended. BYTES: size of what it processed, 0 if not applicable.
void statistics_stage(struct statistics *statistics, const char *stage, size_t bytes);

void statistics_request(const struct statistics *statistics, uint64_t line,
                        const struct request_times *times);
void statistics_close(struct statistics *statistics);

#endif
