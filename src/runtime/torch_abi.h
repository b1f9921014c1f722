// SPDX-License-Identifier: BSD-2-Clause
// The parts of two C interfaces of PyTorch that are used here: libtorch's (torch/csrc/inductor/
// aoti_torch/c/shim.h) and that of compiled graphs (torch/csrc/inductor/aoti_runtime/interface.h).
// Both are stable from torch 2.9 on; neither header compiles as C. Functions return 0 on success.

#ifndef AOTI_RUNTIME_TORCH_ABI_H
#define AOTI_RUNTIME_TORCH_ABI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct AtenTensorOpaque *tensor_handle;
typedef struct AOTInductorModelContainerOpaque *container_handle;
typedef int32_t torch_error;

// Values of c10::ScalarType.
enum torch_dtype {
    TORCH_UINT8 = 0,
    TORCH_INT8 = 1,
    TORCH_INT32 = 3,
    TORCH_INT64 = 4,
    TORCH_FLOAT16 = 5,
    TORCH_FLOAT32 = 6,
    TORCH_FLOAT64 = 7,
    TORCH_BOOL = 11,
    TORCH_BFLOAT16 = 15,
};

// Values of c10::DeviceType and c10::Layout.
enum { TORCH_DEVICE_CPU = 0, TORCH_DEVICE_CUDA = 1, TORCH_LAYOUT_STRIDED = 0 };

// Sizes and strides count elements. The caller deletes handles made by create_*.
typedef torch_error torch_create_tensor_from_blob_v2(
    void *data, int64_t dimensions, const int64_t *sizes, const int64_t *strides, int64_t offset,
    int32_t dtype, int32_t device_type, int32_t device_index, tensor_handle *result,
    int32_t layout, const uint8_t *metadata, int64_t metadata_size);
typedef torch_error torch_empty_strided(int64_t dimensions, const int64_t *sizes,
                                        const int64_t *strides, int32_t dtype,
                                        int32_t device_type, int32_t device_index,
                                        tensor_handle *result);
typedef torch_error torch_delete_tensor_object(tensor_handle tensor);
typedef torch_error torch_get_data_ptr(tensor_handle tensor, void **data);
typedef torch_error torch_is_defined(tensor_handle tensor, bool *defined);
typedef torch_error torch_get_dim(tensor_handle tensor, int64_t *dimensions);
typedef torch_error torch_get_sizes(tensor_handle tensor, int64_t **sizes);
typedef torch_error torch_get_strides(tensor_handle tensor, int64_t **strides);
typedef torch_error torch_get_dtype(tensor_handle tensor, int32_t *dtype);
typedef void torch_grad_mode_set_enabled(bool enabled);
typedef uint64_t torch_abi_version(void);

// Functions of graphs. run() takes ownership of the input handles and makes the output handles,
// which the caller deletes.
typedef torch_error container_create(container_handle *container, size_t models,
                                     const char *device, const char *cubin_folder);
typedef torch_error container_delete(container_handle container);
typedef torch_error container_run(container_handle container, tensor_handle *inputs,
                                  size_t input_count, tensor_handle *outputs, size_t output_count,
                                  void *stream, void *proxy_executor);
typedef torch_error container_count(container_handle container, size_t *count);
typedef torch_error container_constant_text(container_handle container, size_t index,
                                            const char **text);
typedef torch_error container_constant_dtype(container_handle container, size_t index,
                                             int32_t *dtype);
typedef torch_error container_constant_size(container_handle container, size_t index,
                                            size_t *size);

// A constant of a graph and its tensor.
struct constant_pair {
    const char *name;  // the graph's internal name
    tensor_handle tensor;
};

// From torch 2.10 on.
typedef torch_error container_set_constant_pairs(container_handle container,
                                                 const struct constant_pair *pairs, size_t count,
                                                 bool inactive, bool validate_full);

// In torch 2.9; the map is a std::unordered_map<std::string, tensor_handle> *.
typedef torch_error container_set_constant_map(container_handle container, void *map,
                                               bool inactive, bool validate_full);

#endif
