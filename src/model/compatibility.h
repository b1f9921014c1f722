// SPDX-License-Identifier: BSD-2-Clause
// Whether this program can run a package on this machine.

#ifndef AOTI_MODEL_COMPATIBILITY_H
#define AOTI_MODEL_COMPATIBILITY_H

#include "common/diagnostics.h"
#include "model/package.h"

// What stands against it, and the status to end with. TEXT, which the caller frees, is NULL where
// nothing is known to.
struct compatibility_problem {
    enum status status;
    char *text;
};

struct compatibility_problem compatibility_find_problem(const struct package *package);

// Ends with the problem, if there is one.
void compatibility_require(const struct package *package);

#endif
