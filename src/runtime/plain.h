// SPDX-License-Identifier: BSD-2-Clause
// Products of types without a kernel, by three nested loops.

#ifndef AOTI_RUNTIME_PLAIN_H
#define AOTI_RUNTIME_PLAIN_H

#include "runtime/view.h"

// Returns true if all three have one type that plain_product() knows: float64, int64 or int32.
bool plain_takes(const struct view *out, const struct view *left, const struct view *right);

// Ignores alpha, beta, addend and scales. Integers wrap.
void plain_product(const struct product *product);

#endif
