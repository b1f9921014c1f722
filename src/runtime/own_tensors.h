// SPDX-License-Identifier: BSD-2-Clause
// The builtin tensors, and libtorch's C ABI on them under the names that graphs are made to bind:
// aoti_torch_* with "local" instead of "torch", of the same length. See
// torch/csrc/inductor/aoti_torch/c/shim.h for what each function does.

#ifndef AOTI_RUNTIME_OWN_TENSORS_H
#define AOTI_RUNTIME_OWN_TENSORS_H

#include "runtime/torch_abi.h"

// Memory of a GPU for tensor elements. copy() copies whole blocks within it, in stream order.
struct own_memory {
    void *(*allocate)(size_t bytes);
    void (*release)(void *memory);
    void (*copy)(void *to, const void *from, size_t bytes);
};

// Enables tensors on a GPU. MEMORY must stay valid.
void own_tensors_use_gpu(const struct own_memory *memory);

torch_create_tensor_from_blob_v2 aoti_local_create_tensor_from_blob_v2;
torch_error aoti_local_create_tensor_from_blob(void *data, int64_t dimensions,
                                               const int64_t *sizes, const int64_t *strides,
                                               int64_t offset, int32_t dtype, int32_t device_type,
                                               int32_t device_index, tensor_handle *result);
torch_empty_strided aoti_local_empty_strided;
torch_delete_tensor_object aoti_local_delete_tensor_object;
torch_error aoti_local_new_tensor_handle(tensor_handle tensor, tensor_handle *result);
torch_error aoti_local__reinterpret_tensor(tensor_handle tensor, int64_t dimensions,
                                           const int64_t *sizes, const int64_t *strides,
                                           int64_t offset, tensor_handle *result);
torch_error aoti_local_as_strided(tensor_handle tensor, const int64_t *sizes,
                                  const int64_t *strides, tensor_handle *result);
torch_error aoti_local_clone(tensor_handle tensor, tensor_handle *result);
torch_error aoti_local_clone_preserve_strides(tensor_handle tensor, tensor_handle *result);
torch_error aoti_local_copy_(tensor_handle tensor, tensor_handle source, int32_t non_blocking);

torch_get_data_ptr aoti_local_get_data_ptr;
torch_is_defined aoti_local_is_defined;
torch_get_dim aoti_local_get_dim;
torch_get_dim aoti_local_get_numel;
torch_get_sizes aoti_local_get_sizes;
torch_get_strides aoti_local_get_strides;
torch_error aoti_local_get_size(tensor_handle tensor, int64_t dimension, int64_t *size);
torch_error aoti_local_get_stride(tensor_handle tensor, int64_t dimension, int64_t *stride);
torch_get_dtype aoti_local_get_dtype;
torch_get_dtype aoti_local_get_device_type;
torch_get_dtype aoti_local_get_device_index;
torch_get_dtype aoti_local_get_layout;
torch_get_dim aoti_local_get_storage_offset;
torch_get_dim aoti_local_get_storage_size;

typedef int32_t own_number(void);
own_number aoti_local_dtype_uint8, aoti_local_dtype_int8, aoti_local_dtype_int32,
    aoti_local_dtype_int64, aoti_local_dtype_float16, aoti_local_dtype_float32,
    aoti_local_dtype_float64, aoti_local_dtype_bool, aoti_local_dtype_bfloat16,
    aoti_local_device_type_cpu, aoti_local_device_type_cuda, aoti_local_layout_strided;
size_t aoti_local_dtype_element_size(int32_t dtype);

bool aoti_local_grad_mode_is_enabled(void);
void aoti_local_grad_mode_set_enabled(bool enabled);

void aoti_local_warn(const char *function, const char *file, uint32_t line, const char *message);

// Dies with STATUS_FAILURE if HOLDS is false: nothing here can throw.
void aoti_local_check(bool holds, const char *function, const char *file, uint32_t line,
                      const char *message);

#endif
