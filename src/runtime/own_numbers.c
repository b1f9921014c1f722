// SPDX-License-Identifier: BSD-2-Clause
// Functions of the ABI that involve no tensor.

#include "config.h"

#include "common/diagnostics.h"
#include "runtime/convert.h"
#include "runtime/own_tensors.h"

int32_t aoti_local_dtype_uint8(void)
{
    return TORCH_UINT8;
}

int32_t aoti_local_dtype_int8(void)
{
    return TORCH_INT8;
}

int32_t aoti_local_dtype_int32(void)
{
    return TORCH_INT32;
}

int32_t aoti_local_dtype_int64(void)
{
    return TORCH_INT64;
}

int32_t aoti_local_dtype_float16(void)
{
    return TORCH_FLOAT16;
}

int32_t aoti_local_dtype_float32(void)
{
    return TORCH_FLOAT32;
}

int32_t aoti_local_dtype_float64(void)
{
    return TORCH_FLOAT64;
}

int32_t aoti_local_dtype_bool(void)
{
    return TORCH_BOOL;
}

int32_t aoti_local_dtype_bfloat16(void)
{
    return TORCH_BFLOAT16;
}

int32_t aoti_local_device_type_cpu(void)
{
    return TORCH_DEVICE_CPU;
}

int32_t aoti_local_device_type_cuda(void)
{
    return TORCH_DEVICE_CUDA;
}

int32_t aoti_local_layout_strided(void)
{
    return TORCH_LAYOUT_STRIDED;
}

size_t aoti_local_dtype_element_size(int32_t dtype)
{
    return element_size((enum torch_dtype)dtype);
}

// Gradients are never recorded.
bool aoti_local_grad_mode_is_enabled(void)
{
    return false;
}

void aoti_local_grad_mode_set_enabled(bool enabled)
{
    (void)enabled;
}

void aoti_local_warn(const char *function, const char *file, uint32_t line, const char *message)
{
    (void)file;
    warn("the compiled graph: %s:%u: %s", function, (unsigned)line, message);
}

void aoti_local_check(bool holds, const char *function, const char *file, uint32_t line,
                      const char *message)
{
    (void)file;
    if (!holds)
        die(STATUS_FAILURE, "the compiled graph: %s:%u: %s", function, (unsigned)line, message);
}
