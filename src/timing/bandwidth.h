// SPDX-License-Identifier: BSD-2-Clause
// How fast this machine reads its memory.

#ifndef AOTI_TIMING_BANDWIDTH_H
#define AOTI_TIMING_BANDWIDTH_H

// Bytes per second that all processors this process may use read together, of memory far larger
// than their caches; the best of several passes. Takes about a second. NAN where there is no
// memory to measure with.
double bandwidth_measure(void);

#endif
