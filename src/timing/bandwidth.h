// SPDX-License-Identifier: BSD-2-Clause
// Memory read bandwidth.

#ifndef AOTI_TIMING_BANDWIDTH_H
#define AOTI_TIMING_BANDWIDTH_H

// Returns the bytes per second that all usable processors together read from memory that is far
// larger than their caches; the best of several passes. Takes about a second. Returns NAN if there
// is not enough free memory.
double bandwidth_measure(void);

#endif
