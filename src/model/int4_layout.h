// SPDX-License-Identifier: BSD-2-Clause
// Detects the layout in which libtorch's operator reads 4-bit weights. It depends on the CPU and on
// ATEN_CPU_CAPABILITY.

#ifndef AOTI_MODEL_INT4_LAYOUT_H
#define AOTI_MODEL_INT4_LAYOUT_H

#include <stdint.h>

#include "model/runtime.h"
#include "runtime/operators.h"

// Returns the number of columns per block (see runtime/int4.h) that MULTIPLY, an operator of
// LIBTORCH, reads: 64 or 32, or 0 if it uses another layout. Found by running a small product.
int64_t int4_layout_block(const struct runtime *libtorch, operator_int4_mm *multiply);

#endif
