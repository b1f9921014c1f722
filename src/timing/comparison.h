// SPDX-License-Identifier: BSD-2-Clause
// Reports beside each other.

#ifndef AOTI_TIMING_COMPARISON_H
#define AOTI_TIMING_COMPARISON_H

#include <stddef.h>
#include <stdio.h>

// Prints to FILE the middle figures of COUNT report files, and those of all but the first as
// multiples of the first's; says where their ids differ. Dies with STATUS_INPUT where a file is no
// report or they report of different requests.
void comparison_print(FILE *file, char **reports, size_t count);

#endif
