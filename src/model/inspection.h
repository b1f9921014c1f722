// SPDX-License-Identifier: BSD-2-Clause
// What --inspect tells about a package.

#ifndef AOTI_MODEL_INSPECTION_H
#define AOTI_MODEL_INSPECTION_H

#include "model/package.h"

// Prints a description to stdio's stdout, "key: value" a line, without loading any code.
void inspection_print(const struct package *package);

#endif
