// SPDX-License-Identifier: BSD-2-Clause

#include "stub.h"

#include <stdlib.h>
#include <string.h>

uint64_t aoti_torch_abi_version(void)
{
    return (uint64_t)2 << 56 | (uint64_t)STUB_MINOR << 48;
}

void aoti_torch_grad_mode_set_enabled(bool enabled)
{
    (void)enabled;
}

int32_t aoti_torch_create_tensor_from_blob_v2(void *data, int64_t dimensions, const int64_t *sizes,
                                              const int64_t *strides, int64_t offset,
                                              int32_t dtype, int32_t device_type,
                                              int32_t device_index, tensor_handle *result,
                                              int32_t layout, const uint8_t *metadata,
                                              int64_t metadata_size)
{
    (void)offset, (void)device_type, (void)device_index;
    (void)layout, (void)metadata, (void)metadata_size;
    if (dimensions > STUB_DIMENSIONS)
        return 1;
    tensor_handle tensor = calloc(1, sizeof *tensor);
    if (tensor == NULL)
        return 1;
    tensor->data = data;
    tensor->dtype = dtype;
    tensor->dimensions = dimensions;
    memcpy(tensor->sizes, sizes, (size_t)dimensions * sizeof *sizes);
    memcpy(tensor->strides, strides, (size_t)dimensions * sizeof *strides);
    *result = tensor;
    return 0;
}

int32_t aoti_torch_delete_tensor_object(tensor_handle tensor)
{
    if (tensor != NULL && tensor->owned)
        free(tensor->data);
    free(tensor);
    return 0;
}

int32_t aoti_torch_get_data_ptr(tensor_handle tensor, void **data)
{
    *data = tensor->data;
    return 0;
}

int32_t aoti_torch_get_dim(tensor_handle tensor, int64_t *dimensions)
{
    *dimensions = tensor->dimensions;
    return 0;
}

int32_t aoti_torch_get_sizes(tensor_handle tensor, int64_t **sizes)
{
    *sizes = tensor->sizes;
    return 0;
}

int32_t aoti_torch_get_strides(tensor_handle tensor, int64_t **strides)
{
    *strides = tensor->strides;
    return 0;
}

int32_t aoti_torch_get_dtype(tensor_handle tensor, int32_t *dtype)
{
    *dtype = tensor->dtype;
    return 0;
}

void aoti_torch_only_the_stub_has_it(void)
{
}
