// SPDX-License-Identifier: BSD-2-Clause
// Checks of the layout of operands.

#ifndef AOTI_GPU_OPERANDS_H
#define AOTI_GPU_OPERANDS_H

#include <stdbool.h>
#include <stdint.h>

#include "common/diagnostics.h"
#include "gpu/kernels.h"
#include "runtime/convert.h"
#include "runtime/own_tensors.h"

enum {
    FAILED = 1,
    NAME_SIZE = 64,  // of a kernel's name
};

static inline torch_error refuse(const char *operator, const char *why)
{
    warn("%s: %s", operator, why);
    return FAILED;
}

// Returns the type as the names of kernels have it.
static inline const char *type_name(enum torch_dtype dtype)
{
    return dtype == TORCH_BFLOAT16 ? "bf16" : dtype == TORCH_FLOAT16 ? "f16" : "f32";
}

static inline unsigned ceiling(int64_t count, int64_t each)
{
    return (unsigned)((count + each - 1) / each);
}

// Returns true if data and all its rows start at multiples of a vector.
static inline bool is_aligned(const void *data, int64_t stride, enum torch_dtype dtype)
{
    return (uintptr_t)data % VECTOR_BYTES == 0
           && stride * (int64_t)element_size(dtype) % VECTOR_BYTES == 0;
}

#endif
