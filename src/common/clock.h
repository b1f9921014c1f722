// SPDX-License-Identifier: BSD-2-Clause
// Time that never jumps.

#ifndef AOTI_COMMON_CLOCK_H
#define AOTI_COMMON_CLOCK_H

// Seconds of CLOCK_MONOTONIC.
double clock_seconds(void);

// Seconds of CLOCK_MONOTONIC when this process was started by fork, to 10 ms; the value of
// clock_seconds where the system does not tell.
double clock_process_start(void);

#endif
