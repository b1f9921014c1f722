// SPDX-License-Identifier: BSD-2-Clause
// The levels that were built for this kind of CPU, from the most portable to the best: a file for
// each kind, chosen in local.mk.

#ifndef AOTI_RUNTIME_CPU_LEVELS_H
#define AOTI_RUNTIME_CPU_LEVELS_H

#include <stdbool.h>

#include "runtime/kernels.h"

struct cpu_level {
    const struct kernels *kernels;  // NULL: past the last
    bool (*is_supported)(void);     // by the CPU, and by the system that saves its registers
};

extern const struct cpu_level cpu_levels[];

#endif
