// SPDX-License-Identifier: BSD-2-Clause

#include "config.h"

#include "runtime/own.h"

#include <string.h>

#include "common/memory.h"
#include "runtime/operators.h"
#include "runtime/own_tensors.h"

#define TENSORS(name) {"aoti_torch_" #name, (void (*)(void))aoti_local_##name, false}
#define OPERATOR(name) {"aoti_torch_" #name, (void (*)(void))aoti_local_##name, true}

const struct operator_environment own_environment = {
    .get_data_ptr = aoti_local_get_data_ptr,
    .get_dim = aoti_local_get_dim,
    .get_sizes = aoti_local_get_sizes,
    .get_strides = aoti_local_get_strides,
    .get_dtype = aoti_local_get_dtype,
    .empty_strided = aoti_local_empty_strided,
};

static const struct own_function functions[] = {
    TENSORS(_reinterpret_tensor),
    TENSORS(as_strided),
    TENSORS(check),
    TENSORS(clone),
    TENSORS(clone_preserve_strides),
    TENSORS(copy_),
    OPERATOR(cpu__scaled_dot_product_flash_attention_for_cpu),
    OPERATOR(cpu__weight_int4pack_mm_cpu_tensor),
    OPERATOR(cpu__weight_int8pack_mm),
    OPERATOR(cpu_addmm_out),
    OPERATOR(cpu_bmm_out),
    OPERATOR(cpu_mm_out),
    TENSORS(create_tensor_from_blob),
    TENSORS(create_tensor_from_blob_v2),
    TENSORS(delete_tensor_object),
    TENSORS(device_type_cpu),
    TENSORS(device_type_cuda),
    TENSORS(dtype_bfloat16),
    TENSORS(dtype_bool),
    TENSORS(dtype_element_size),
    TENSORS(dtype_float16),
    TENSORS(dtype_float32),
    TENSORS(dtype_float64),
    TENSORS(dtype_int32),
    TENSORS(dtype_int64),
    TENSORS(dtype_int8),
    TENSORS(dtype_uint8),
    TENSORS(empty_strided),
    TENSORS(get_data_ptr),
    TENSORS(get_device_index),
    TENSORS(get_device_type),
    TENSORS(get_dim),
    TENSORS(get_dtype),
    TENSORS(get_layout),
    TENSORS(get_numel),
    TENSORS(get_size),
    TENSORS(get_sizes),
    TENSORS(get_storage_offset),
    TENSORS(get_storage_size),
    TENSORS(get_stride),
    TENSORS(get_strides),
    TENSORS(grad_mode_is_enabled),
    TENSORS(grad_mode_set_enabled),
    TENSORS(is_defined),
    TENSORS(layout_strided),
    TENSORS(new_tensor_handle),
    TENSORS(warn),
};

enum { FUNCTIONS = sizeof functions / sizeof *functions };

const struct own_function *own_function(size_t index)
{
    return index < FUNCTIONS ? &functions[index] : NULL;
}

const struct own_function *own_find(const char *name)
{
    for (size_t i = 0; i < FUNCTIONS; i++)
        if (strcmp(functions[i].name, name) == 0)
            return &functions[i];
    return NULL;
}

char *own_name(const struct own_function *function)
{
    char *name = xstrdup(function->name);
    if (strncmp(name, "cuda", strlen("cuda")) == 0)
        memcpy(name, "aoti", strlen("aoti"));
    else if (strncmp(name, "cu", strlen("cu")) == 0)
        memcpy(name, "ao", strlen("ao"));
    else
        memcpy(name + strlen("aoti_"), "local", strlen("local"));
    return name;
}
