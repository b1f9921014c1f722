// SPDX-License-Identifier: BSD-2-Clause
// Tables of figures, for people.

#ifndef AOTI_TIMING_TABLE_H
#define AOTI_TIMING_TABLE_H

#include <stddef.h>
#include <stdio.h>

#include "timing/figures.h"
#include "timing/stages.h"

// Text above the figures.
struct table_heading {
    const char *name;  // label or command
    size_t repeats;
    uint64_t answers, ids;  // counts of the last run
    const char *sha256;     // digest of the ids of the last run
    bool ids_agree;         // all runs gave the same ids
};

// Prints the figures of COUNT runs: one column for a single run, else minimum, median and maximum.
// Leaves out figures without a value.
void table_print(FILE *file, const struct table_heading *heading, const struct figures *runs,
                 size_t count);

// Prints the stages of the time to the first id, COLD seconds in total.
void table_print_stages(FILE *file, const struct stages *stages, double cold);

#endif
