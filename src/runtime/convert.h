// SPDX-License-Identifier: BSD-2-Clause
// Single elements of the types that a tensor can have.

#ifndef AOTI_RUNTIME_CONVERT_H
#define AOTI_RUNTIME_CONVERT_H

#include <stddef.h>
#include <stdint.h>

#include "runtime/torch_abi.h"

// Bytes of an element; 0 for a type that we do not know.
size_t element_size(enum torch_dtype dtype);

// Element INDEX of DATA as float32. DTYPE is float32, bfloat16, float16 or int8.
float element_to_float(enum torch_dtype dtype, const void *data, int64_t index);

// Stores VALUE, rounded to the nearest, as element INDEX of DATA. DTYPE is float32, bfloat16 or
// float16.
void element_from_float(enum torch_dtype dtype, void *data, int64_t index, float value);

#endif
