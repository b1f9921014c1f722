// SPDX-License-Identifier: BSD-2-Clause
// Monotonic time.

#ifndef AOTI_COMMON_CLOCK_H
#define AOTI_COMMON_CLOCK_H

// Returns CLOCK_MONOTONIC in seconds.
double clock_seconds(void);

// Returns CLOCK_MONOTONIC, in seconds, at the fork that started this process, to 10 ms. Returns
// clock_seconds() if the start is unknown.
double clock_process_start(void);

#endif
