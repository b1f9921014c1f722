// SPDX-License-Identifier: BSD-2-Clause
// Progress of a measurement, on a terminal.

#ifndef AOTI_TIMING_PROGRESS_H
#define AOTI_TIMING_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>

struct progress {
    bool wanted;  // false: never shown
    bool shown;
    double next;  // time of the next update, CLOCK_MONOTONIC in seconds
    size_t repeat, repeats;
};

// Shows DONE of COUNT answers; COUNT 0 is unknown. Updates the line at most five times a second.
void progress_show(struct progress *progress, size_t done, size_t count);

// Removes the line.
void progress_clear(struct progress *progress);

#endif
