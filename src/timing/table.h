// SPDX-License-Identifier: BSD-2-Clause
// The report for people.

#ifndef AOTI_TIMING_TABLE_H
#define AOTI_TIMING_TABLE_H

#include <stddef.h>
#include <stdio.h>

#include "timing/figures.h"
#include "timing/stages.h"

// What stands above the figures.
struct table_heading {
    const char *name;  // of what was measured
    size_t repeats;
    uint64_t answers, ids;  // of the last run
    const char *sha256;     // of its ids
    bool ids_agree;         // the other runs gave the same
};

// Prints the figures of COUNT runs, one column for one run, else least, middle and greatest.
// Figures that no run knows are left out.
void table_print(FILE *file, const struct table_heading *heading, const struct figures *runs,
                 size_t count);

// Prints where the time to the first id went, COLD seconds in all.
void table_print_stages(FILE *file, const struct stages *stages, double cold);

#endif
