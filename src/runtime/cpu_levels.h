// SPDX-License-Identifier: BSD-2-Clause
// The levels built for this kind of CPU, from the most portable to the best. local.mk chooses the
// file that defines them.

#ifndef AOTI_RUNTIME_CPU_LEVELS_H
#define AOTI_RUNTIME_CPU_LEVELS_H

#include <stdbool.h>

#include "runtime/kernels.h"

struct cpu_level {
    const struct kernels *kernels;  // NULL ends the list
    bool (*is_supported)(void);     // by the CPU, and by the system, which saves its registers
};

extern const struct cpu_level cpu_levels[];

#endif
