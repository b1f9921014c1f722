// SPDX-License-Identifier: BSD-2-Clause
// Percentiles and medians of measured times.

#ifndef AOTI_TIMING_QUANTILES_H
#define AOTI_TIMING_QUANTILES_H

#include <stddef.h>
#include <stdint.h>

// A sample. Zeros are only counted: ids that arrive in one read have no time between them, so a
// sample can have many.
struct sample {
    double *values;  // values other than 0; owned; unsorted before sample_sort()
    size_t count, capacity;
    uint64_t zeros;  // number of zeros
};

void sample_add(struct sample *sample, double value);
void sample_sort(struct sample *sample);
void sample_free(struct sample *sample);

// Returns the number of values, zeros included.
uint64_t sample_size(const struct sample *sample);

// Returns the PERCENT percentile of a sorted sample, by nearest rank. PERCENT is above 0. Returns
// NAN if there are fewer than MINIMUM values.
double sample_percentile(const struct sample *sample, double percent, uint64_t minimum);

// Returns the middle value, or the mean of the two middle values. NAN if COUNT is 0. Sorts VALUES.
double median(double *values, size_t count);

#endif
