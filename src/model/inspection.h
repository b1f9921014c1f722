// SPDX-License-Identifier: BSD-2-Clause
// The description of a package for --inspect.

#ifndef AOTI_MODEL_INSPECTION_H
#define AOTI_MODEL_INSPECTION_H

#include "model/package.h"

// Prints "key: value" lines to stdout without loading any code of the package.
void inspection_print(const struct package *package);

#endif
