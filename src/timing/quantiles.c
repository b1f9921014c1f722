// SPDX-License-Identifier: BSD-2-Clause
//
// How it works. The nearest-rank percentile P of n values is number ceil(P / 100 * n) of the sorted
// values, counted from 1. It is always a value of the sample, and no interpolation rule has to be
// chosen. Example: of 0 0 0 5 7, the 50th percentile is number ceil(2.5) = 3, which is 0, and the
// 90th is number ceil(4.5) = 5, which is 7. Zeros come first in the order, so a rank up to their
// number is a zero and needs no stored value. Cost: O(n log n) for n values that are not 0.

#include "config.h"

#include "timing/quantiles.h"

#include <math.h>
#include <stdlib.h>

#include "common/memory.h"

void sample_add(struct sample *sample, double value)
{
    if (value == 0) {
        sample->zeros++;
        return;
    }
    if (sample->count == sample->capacity) {
        sample->capacity = sample->capacity * 2 + 64;
        sample->values = xreallocarray(sample->values, sample->capacity, sizeof *sample->values);
    }
    sample->values[sample->count++] = value;
}

static int compare(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

void sample_sort(struct sample *sample)
{
    if (sample->count > 0)
        qsort(sample->values, sample->count, sizeof *sample->values, compare);
}

void sample_free(struct sample *sample)
{
    free(sample->values);
    *sample = (struct sample){0};
}

uint64_t sample_size(const struct sample *sample)
{
    return sample->zeros + sample->count;
}

double sample_percentile(const struct sample *sample, double percent, uint64_t minimum)
{
    uint64_t size = sample_size(sample);
    if (size == 0 || size < minimum)
        return NAN;
    uint64_t rank = (uint64_t)ceil(percent / 100 * (double)size);  // from 1
    if (rank < 1)
        rank = 1;
    if (rank > size)
        rank = size;
    return rank <= sample->zeros ? 0 : sample->values[rank - sample->zeros - 1];
}

double median(double *values, size_t count)
{
    if (count == 0)
        return NAN;
    qsort(values, count, sizeof *values, compare);
    return count % 2 == 1 ? values[count / 2]
                          : (values[count / 2 - 1] + values[count / 2]) / 2;
}
