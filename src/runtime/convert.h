// SPDX-License-Identifier: BSD-2-Clause
// Converts single elements of tensors.

#ifndef AOTI_RUNTIME_CONVERT_H
#define AOTI_RUNTIME_CONVERT_H

#include <stddef.h>
#include <stdint.h>

#include "runtime/torch_abi.h"

// Returns the size of an element in bytes, 0 for unknown types. Inline, as inner loops call it.
static inline size_t element_size(enum torch_dtype dtype)
{
    switch (dtype) {
    case TORCH_UINT8:
    case TORCH_INT8:
    case TORCH_BOOL:
        return 1;
    case TORCH_FLOAT16:
    case TORCH_BFLOAT16:
        return 2;
    case TORCH_INT32:
    case TORCH_FLOAT32:
        return 4;
    case TORCH_INT64:
    case TORCH_FLOAT64:
        return 8;
    }
    return 0;
}

// Returns element INDEX of DATA. DTYPE is float32, bfloat16, float16 or int8.
float element_to_float(enum torch_dtype dtype, const void *data, int64_t index);

// Stores VALUE, rounded to nearest, as element INDEX of DATA. DTYPE is float32, bfloat16 or
// float16.
void element_from_float(enum torch_dtype dtype, void *data, int64_t index, float value);

#endif
