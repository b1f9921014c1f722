// SPDX-License-Identifier: BSD-2-Clause
// Comparison of reports.

#ifndef AOTI_TIMING_COMPARISON_H
#define AOTI_TIMING_COMPARISON_H

#include <stddef.h>
#include <stdio.h>

// Prints the median figures of COUNT report files to FILE, for the second and later files also as
// multiples of the first, and where their ids differ. Dies with STATUS_INPUT if a file is not a
// report or if the files have different requests.
void comparison_print(FILE *file, char **reports, size_t count);

#endif
