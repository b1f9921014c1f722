// SPDX-License-Identifier: BSD-2-Clause
// A line on the terminal that says how far a measurement is.

#ifndef AOTI_TIMING_PROGRESS_H
#define AOTI_TIMING_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>

struct progress {
    bool wanted;  // false: nothing is ever shown
    bool shown;
    double next;  // when it may be shown again, seconds of CLOCK_MONOTONIC
    size_t repeat, repeats;
};

// Says that DONE of COUNT (0: not known) answers are there; seldom enough to cost nothing.
void progress_show(struct progress *progress, size_t done, size_t count);

// Removes the line.
void progress_clear(struct progress *progress);

#endif
