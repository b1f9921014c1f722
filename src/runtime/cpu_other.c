// SPDX-License-Identifier: BSD-2-Clause
// The levels of a CPU that we have no kernels of its own for.

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
