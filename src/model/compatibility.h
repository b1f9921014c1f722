// SPDX-License-Identifier: BSD-2-Clause
// Can this program run a package on this machine?

#ifndef AOTI_MODEL_COMPATIBILITY_H
#define AOTI_MODEL_COMPATIBILITY_H

#include "common/diagnostics.h"
#include "model/package.h"

// The first obstacle and its exit status. TEXT is NULL if there is none; free it with free().
struct compatibility_problem {
    enum status status;
    char *text;
};

struct compatibility_problem compatibility_find_problem(const struct package *package);

// Dies with the problem, if there is one.
void compatibility_require(const struct package *package);

#endif
