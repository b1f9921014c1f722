// SPDX-License-Identifier: BSD-2-Clause

#include "config.h"

#include "runtime/cpu.h"

#include <stdlib.h>
#include <string.h>

#include "common/diagnostics.h"
#include "common/memory.h"
#include "runtime/cpu_levels.h"

const struct kernels *cpu_kernels(size_t index)
{
    for (size_t i = 0; cpu_levels[i].kernels != NULL; i++)
        if (cpu_levels[i].is_supported() && index-- == 0)
            return cpu_levels[i].kernels;
    return NULL;
}

// Dies because NAME is not a level of this CPU.
static _Noreturn void refuse(const char *name)
{
    struct buffer names = {0};
    const struct kernels *kernels;
    for (size_t i = 0; (kernels = cpu_kernels(i)) != NULL; i++) {
        buffer_append(&names, " ", 1);
        buffer_append(&names, kernels->name, strlen(kernels->name));
    }
    die(STATUS_USAGE, "AOTI_CPU=%s: this CPU can do:%.*s", name, (int)names.size, names.data);
}

const struct kernels *cpu_choose_kernels(void)
{
    const char *name = getenv("AOTI_CPU");
    const struct kernels *kernels, *best = NULL;
    for (size_t i = 0; (kernels = cpu_kernels(i)) != NULL; i++) {
        best = kernels;
        if (name != NULL && strcmp(name, kernels->name) == 0)
            return kernels;
    }
    if (name != NULL && *name != '\0')
        refuse(name);
    return best;
}
