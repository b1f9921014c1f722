// SPDX-License-Identifier: BSD-2-Clause
// Order statistics of measured times.

#ifndef AOTI_TIMING_QUANTILES_H
#define AOTI_TIMING_QUANTILES_H

#include <stddef.h>
#include <stdint.h>

// A sample in which zeros are only counted: ids that came in one piece have no time between them.
struct sample {
    double *values;  // owned, not zero, in no order until sample_sort
    size_t count, capacity;
    uint64_t zeros;
};

void sample_add(struct sample *sample, double value);
void sample_sort(struct sample *sample);
void sample_free(struct sample *sample);

// How many values there are, zeros too.
uint64_t sample_size(const struct sample *sample);

// The least value V of a sorted sample such that at least PERCENT per cent of it are not above V
// (nearest rank; PERCENT above 0). NAN where there are fewer than MINIMUM values.
double sample_percentile(const struct sample *sample, double percent, uint64_t minimum);

// The middle value of COUNT, or the mean of the two in the middle. NAN where COUNT is 0. Sorts.
double median(double *values, size_t count);

#endif
