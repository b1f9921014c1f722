// SPDX-License-Identifier: BSD-2-Clause
// How libtorch's operator on weights of 4 bits expects them to lie, which depends on the CPU and on
// what ATEN_CPU_CAPABILITY has libtorch use of it.

#ifndef AOTI_MODEL_INT4_LAYOUT_H
#define AOTI_MODEL_INT4_LAYOUT_H

#include <stdint.h>

#include "model/runtime.h"
#include "runtime/operators.h"

// The columns of a block, see runtime/int4.h, where MULTIPLY, which is LIBTORCH's, reads them as
// such: 64 or 32; 0 where it reads something else. It is found out by a product.
int64_t int4_layout_block(const struct runtime *libtorch, operator_int4_mm *multiply);

#endif
