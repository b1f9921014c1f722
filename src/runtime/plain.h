// SPDX-License-Identifier: BSD-2-Clause
// Products of the types that no kernel is for, by three loops.

#ifndef AOTI_RUNTIME_PLAIN_H
#define AOTI_RUNTIME_PLAIN_H

#include "runtime/view.h"

// Whether all three are of one type that plain_product knows: float64, int64 or int32.
bool plain_takes(const struct view *out, const struct view *left, const struct view *right);

// Of alpha, beta, addend and scales nothing is looked at. Integers wrap.
void plain_product(const struct product *product);

#endif
