// SPDX-License-Identifier: BSD-2-Clause

#include "config.h"

#include "runtime/own_tensors.h"

#include <stdlib.h>
#include <string.h>

#include "common/diagnostics.h"
#include "common/memory.h"
#include "runtime/convert.h"

enum {
    FAILED = 1,
    DIMENSIONS_MAX = 12,
    ALIGNMENT = 64,
    MARGIN = 64,  // kernels may read this far past the last element, as with libtorch's allocator
};

// Memory shared by tensors, reference-counted.
struct storage {
    char *data;
    int64_t bytes;
    int64_t tensors;
    int32_t device_type, device_index;
    bool is_ours;  // to be freed
};

struct AtenTensorOpaque {
    struct storage *storage;
    int64_t offset;  // in elements
    int64_t dimensions;
    enum torch_dtype dtype;
    int64_t sizes[DIMENSIONS_MAX], strides[DIMENSIONS_MAX];
};

static const struct own_memory *gpu_memory;

void own_tensors_use_gpu(const struct own_memory *memory)
{
    gpu_memory = memory;
}

static bool has_device(int32_t type)
{
    return type == TORCH_DEVICE_CPU || (type == TORCH_DEVICE_CUDA && gpu_memory != NULL);
}

// Returns the distance in elements from the first to the last element, plus one; 0 if empty.
static int64_t extent(int64_t dimensions, const int64_t *sizes, const int64_t *strides)
{
    int64_t last = 0;
    for (int64_t i = 0; i < dimensions; i++) {
        if (sizes[i] == 0)
            return 0;
        last += (sizes[i] - 1) * strides[i];
    }
    return last + 1;
}

static torch_error make(struct storage *storage, int64_t offset, enum torch_dtype dtype,
                        int64_t dimensions, const int64_t *sizes, const int64_t *strides,
                        tensor_handle *result)
{
    if (dimensions < 0 || dimensions > DIMENSIONS_MAX || element_size(dtype) == 0) {
        warn("tensor with %lld dimensions of dtype %d is not supported", (long long)dimensions,
             (int)dtype);
        return FAILED;
    }
    tensor_handle tensor = xmalloc(sizeof *tensor);
    tensor->storage = storage;
    tensor->offset = offset;
    tensor->dimensions = dimensions;
    tensor->dtype = dtype;
    if (dimensions > 0) {
        memcpy(tensor->sizes, sizes, (size_t)dimensions * sizeof *sizes);
        memcpy(tensor->strides, strides, (size_t)dimensions * sizeof *strides);
    }
    storage->tensors++;
    *result = tensor;
    return 0;
}

static void release(struct storage *storage)
{
    if (storage->tensors > 0)
        return;
    if (storage->is_ours && storage->device_type == TORCH_DEVICE_CPU)
        free(storage->data);
    else if (storage->is_ours)
        gpu_memory->release(storage->data);
    free(storage);
}

torch_error aoti_local_create_tensor_from_blob(void *data, int64_t dimensions,
                                               const int64_t *sizes, const int64_t *strides,
                                               int64_t offset, int32_t dtype, int32_t device_type,
                                               int32_t device_index, tensor_handle *result)
{
    if (!has_device(device_type))
        return FAILED;
    struct storage *storage = xcalloc(1, sizeof *storage);
    storage->device_type = device_type;
    storage->device_index = device_index;
    storage->data = data;
    storage->bytes = (offset + extent(dimensions, sizes, strides))
                     * (int64_t)element_size((enum torch_dtype)dtype);
    torch_error error =
        make(storage, offset, (enum torch_dtype)dtype, dimensions, sizes, strides, result);
    release(storage);
    return error;
}

torch_error aoti_local_create_tensor_from_blob_v2(void *data, int64_t dimensions,
                                                  const int64_t *sizes, const int64_t *strides,
                                                  int64_t offset, int32_t dtype,
                                                  int32_t device_type, int32_t device_index,
                                                  tensor_handle *result, int32_t layout,
                                                  const uint8_t *metadata, int64_t metadata_size)
{
    (void)metadata;
    (void)metadata_size;
    if (layout != TORCH_LAYOUT_STRIDED)
        return FAILED;
    return aoti_local_create_tensor_from_blob(data, dimensions, sizes, strides, offset, dtype,
                                              device_type, device_index, result);
}

torch_error aoti_local_empty_strided(int64_t dimensions, const int64_t *sizes,
                                     const int64_t *strides, int32_t dtype, int32_t device_type,
                                     int32_t device_index, tensor_handle *result)
{
    if (!has_device(device_type))
        return FAILED;
    struct storage *storage = xcalloc(1, sizeof *storage);
    storage->is_ours = true;
    storage->device_type = device_type;
    storage->device_index = device_index;
    storage->bytes = extent(dimensions, sizes, strides)
                     * (int64_t)element_size((enum torch_dtype)dtype);
    void *data;
    if (device_type == TORCH_DEVICE_CUDA)
        data = gpu_memory->allocate((size_t)storage->bytes);
    else if (posix_memalign(&data, ALIGNMENT, (size_t)storage->bytes + MARGIN) != 0)
        die(STATUS_FAILURE, "memory exhausted");
    storage->data = data;
    torch_error error =
        make(storage, 0, (enum torch_dtype)dtype, dimensions, sizes, strides, result);
    release(storage);
    return error;
}

torch_error aoti_local_delete_tensor_object(tensor_handle tensor)
{
    if (tensor == NULL)
        return 0;
    tensor->storage->tensors--;
    release(tensor->storage);
    free(tensor);
    return 0;
}

torch_error aoti_local_new_tensor_handle(tensor_handle tensor, tensor_handle *result)
{
    return make(tensor->storage, tensor->offset, tensor->dtype, tensor->dimensions, tensor->sizes,
                tensor->strides, result);
}

torch_error aoti_local__reinterpret_tensor(tensor_handle tensor, int64_t dimensions,
                                           const int64_t *sizes, const int64_t *strides,
                                           int64_t offset, tensor_handle *result)
{
    return make(tensor->storage, tensor->offset + offset, tensor->dtype, dimensions, sizes,
                strides, result);
}

torch_error aoti_local_as_strided(tensor_handle tensor, const int64_t *sizes,
                                  const int64_t *strides, tensor_handle *result)
{
    return make(tensor->storage, tensor->offset, tensor->dtype, tensor->dimensions, sizes, strides,
                result);
}

static char *data_of(tensor_handle tensor)
{
    return tensor->storage->data + tensor->offset * (int64_t)element_size(tensor->dtype);
}

// Copies element by element from dimension DIMENSION inward; FROM and TO are its first elements.
static void copy_elements(tensor_handle to_tensor, tensor_handle from_tensor, int64_t dimension,
                          char *to, const char *from)
{
    size_t size = element_size(to_tensor->dtype);
    if (dimension == to_tensor->dimensions) {
        memcpy(to, from, size);
        return;
    }
    for (int64_t i = 0; i < to_tensor->sizes[dimension]; i++)
        copy_elements(to_tensor, from_tensor, dimension + 1,
                      to + i * to_tensor->strides[dimension] * (int64_t)size,
                      from + i * from_tensor->strides[dimension] * (int64_t)size);
}

static int64_t element_count(tensor_handle tensor)
{
    int64_t count = 1;
    for (int64_t i = 0; i < tensor->dimensions; i++)
        count *= tensor->sizes[i];
    return count;
}

static bool has_same(const int64_t *left, const int64_t *right, int64_t dimensions)
{
    return memcmp(left, right, (size_t)dimensions * sizeof *left) == 0;
}

static torch_error copy_all(tensor_handle to, tensor_handle from)
{
    int64_t count = element_count(to);
    size_t bytes = (size_t)count * element_size(to->dtype);
    int32_t device = to->storage->device_type;
    bool is_block = has_same(to->strides, from->strides, to->dimensions)
                    && extent(to->dimensions, to->sizes, to->strides) == count;
    if (from->storage->device_type != device || (device != TORCH_DEVICE_CPU && !is_block)) {
        warn("copy between devices, or with different strides on a GPU");
        return FAILED;
    }
    if (device != TORCH_DEVICE_CPU)
        gpu_memory->copy(data_of(to), data_of(from), bytes);
    else if (is_block)
        memcpy(data_of(to), data_of(from), bytes);
    else
        copy_elements(to, from, 0, data_of(to), data_of(from));
    return 0;
}

// Keeps the order of dimensions in memory if there are no gaps, as libtorch does.
torch_error aoti_local_clone(tensor_handle tensor, tensor_handle *result)
{
    int64_t strides[DIMENSIONS_MAX], stride = 1, dimensions = tensor->dimensions;
    bool is_dense =
        extent(dimensions, tensor->sizes, tensor->strides) == element_count(tensor);
    for (int64_t i = dimensions; i-- > 0;) {
        strides[i] = is_dense ? tensor->strides[i] : stride;
        stride *= tensor->sizes[i];
    }
    torch_error error = aoti_local_empty_strided(dimensions, tensor->sizes, strides,
                                                 (int32_t)tensor->dtype,
                                                 tensor->storage->device_type,
                                                 tensor->storage->device_index, result);
    return error == 0 ? copy_all(*result, tensor) : error;
}

// For inputs that a graph needs aligned; those of this runtime always are. Refuses tensors with
// gaps.
torch_error aoti_local_clone_preserve_strides(tensor_handle tensor, tensor_handle *result)
{
    if (extent(tensor->dimensions, tensor->sizes, tensor->strides) != element_count(tensor)) {
        warn("clone_preserve_strides: the tensor has gaps");
        return FAILED;
    }
    return aoti_local_clone(tensor, result);
}

torch_error aoti_local_copy_(tensor_handle tensor, tensor_handle source, int32_t non_blocking)
{
    (void)non_blocking;
    if (tensor->dtype != source->dtype || tensor->dimensions != source->dimensions
        || !has_same(tensor->sizes, source->sizes, tensor->dimensions)) {
        warn("copy_: tensor shapes or types differ");
        return FAILED;
    }
    return copy_all(tensor, source);
}

torch_error aoti_local_get_data_ptr(tensor_handle tensor, void **data)
{
    *data = data_of(tensor);
    return 0;
}

// Every builtin handle is a tensor.
torch_error aoti_local_is_defined(tensor_handle tensor, bool *defined)
{
    *defined = tensor != NULL;
    return 0;
}

torch_error aoti_local_get_dim(tensor_handle tensor, int64_t *dimensions)
{
    *dimensions = tensor->dimensions;
    return 0;
}

torch_error aoti_local_get_numel(tensor_handle tensor, int64_t *count)
{
    *count = element_count(tensor);
    return 0;
}

torch_error aoti_local_get_sizes(tensor_handle tensor, int64_t **sizes)
{
    *sizes = tensor->sizes;
    return 0;
}

torch_error aoti_local_get_strides(tensor_handle tensor, int64_t **strides)
{
    *strides = tensor->strides;
    return 0;
}

torch_error aoti_local_get_size(tensor_handle tensor, int64_t dimension, int64_t *size)
{
    *size = tensor->sizes[dimension < 0 ? dimension + tensor->dimensions : dimension];
    return 0;
}

torch_error aoti_local_get_stride(tensor_handle tensor, int64_t dimension, int64_t *stride)
{
    *stride = tensor->strides[dimension < 0 ? dimension + tensor->dimensions : dimension];
    return 0;
}

torch_error aoti_local_get_dtype(tensor_handle tensor, int32_t *dtype)
{
    *dtype = (int32_t)tensor->dtype;
    return 0;
}

torch_error aoti_local_get_device_type(tensor_handle tensor, int32_t *type)
{
    *type = tensor->storage->device_type;
    return 0;
}

torch_error aoti_local_get_device_index(tensor_handle tensor, int32_t *index)
{
    *index = tensor->storage->device_type == TORCH_DEVICE_CPU ? -1 : tensor->storage->device_index;
    return 0;
}

torch_error aoti_local_get_layout(tensor_handle tensor, int32_t *layout)
{
    (void)tensor;
    *layout = TORCH_LAYOUT_STRIDED;
    return 0;
}

torch_error aoti_local_get_storage_offset(tensor_handle tensor, int64_t *offset)
{
    *offset = tensor->offset;
    return 0;
}

torch_error aoti_local_get_storage_size(tensor_handle tensor, int64_t *bytes)
{
    *bytes = tensor->storage->bytes;
    return 0;
}
