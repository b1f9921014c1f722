// SPDX-License-Identifier: BSD-2-Clause
// The levels of CPUs without special kernels.

#include "config.h"

#include "runtime/cpu_levels.h"

static bool is_any(void)
{
    return true;
}

const struct cpu_level cpu_levels[] = {
    {&kernels_portable, is_any},
    {NULL, NULL},
};
