// SPDX-License-Identifier: BSD-2-Clause
// What --stats writes: one JSON object a line, of the stages of start-up and of each request.

#ifndef AOTI_MODEL_STATISTICS_H
#define AOTI_MODEL_STATISTICS_H

#include <stddef.h>
#include <stdint.h>

struct statistics {
    int descriptor;  // -1: nothing is written
    const char *name;
    double previous;  // when the last stage ended, seconds of CLOCK_MONOTONIC
};

// Times of one request, in seconds of CLOCK_MONOTONIC, and what was done.
struct request_times {
    double begin, first, end;  // the line was read; its first id was known; its last
    size_t prompt, reused, generated;  // ids
};

// Opens FILE for writing, or does nothing later where it is NULL. The first stage begins with the
// process. Ends with STATUS_FAILURE where the file cannot be opened.
struct statistics statistics_open(const char *file);

// Notes that STAGE of start-up has ended, and how many bytes it was about (0: not told).
void statistics_stage(struct statistics *statistics, const char *stage, size_t bytes);

void statistics_request(const struct statistics *statistics, uint64_t line,
                        const struct request_times *times);
void statistics_close(struct statistics *statistics);

#endif
