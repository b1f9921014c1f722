// SPDX-License-Identifier: BSD-2-Clause

#include "config.h"

#include "model/compatibility.h"

#include <stdlib.h>
#include <string.h>

#include "common/memory.h"
#include "model/host.h"
#include "model/shared_object.h"

static char *other_machine(const struct package *package)
{
    if (package->machine == NULL || strcmp(package->machine, host_machine()) == 0)
        return NULL;
    return xasprintf("built for %s, this machine is %s", package->machine, host_machine());
}
// Compares the machine of the code itself with this program's. That finds more: a 32-bit program
// runs on an x86_64 machine, too, and a package without metadata names no machine.
static char *other_code(const struct package *package)
{
    char *problem = NULL, *ours = shared_object_own_machine();
    for (size_t i = 0; i < package->graph_count && problem == NULL; i++) {
        const struct archive_member *member = package->graphs[i].shared_object;
        char *theirs = shared_object_machine(member->data, member->size);
        if (theirs != NULL && strcmp(theirs, ours) != 0)
            problem = xasprintf("built for %s; this program is for %s", theirs, ours);
        free(theirs);
    }
    free(ours);
    return problem;
}

static char *missing_feature(const struct package *package)
{
    for (size_t i = 0; i < package->feature_count; i++)
        if (!host_has_cpu_feature(package->features[i]))
            return xasprintf("built for a CPU with %s (%s), which this one lacks",
                             package->features[i],
                             package->isa != NULL ? package->isa : "ISA not named");
    return NULL;
}

static char *unknown_device(const struct package *package)
{
    if (strcmp(package->device, "cpu") == 0 || strcmp(package->device, "cuda") == 0)
        return NULL;
    return xasprintf("built for device %s, expected cpu or cuda", package->device);
}

struct compatibility_problem compatibility_find_problem(const struct package *package)
{
    static const struct {
        enum status status;
        char *(*find)(const struct package *package);
    } checks[] = {{STATUS_PACKAGE, other_machine},
                  {STATUS_PACKAGE, other_code},
                  {STATUS_PACKAGE, missing_feature},
                  {STATUS_DEVICE, unknown_device}};
    struct compatibility_problem problem = {0};
    for (size_t i = 0; i < sizeof checks / sizeof *checks && problem.text == NULL; i++)
        problem = (struct compatibility_problem){checks[i].status, checks[i].find(package)};
    return problem;
}

void compatibility_require(const struct package *package)
{
    struct compatibility_problem problem = compatibility_find_problem(package);
    if (problem.text != NULL)
        die(problem.status, "%s: %s", package->map.name, problem.text);
}
