// SPDX-License-Identifier: BSD-2-Clause

#include "config.h"

#include "common/processors.h"

#include <sched.h>

unsigned processors_usable(void)
{
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) != 0)
        return 1;
    return (unsigned)CPU_COUNT(&set);
}
