// SPDX-License-Identifier: BSD-2-Clause
// Who provides the aoti_torch_* functions that a graph and we call.

#ifndef AOTI_MODEL_RUNTIME_H
#define AOTI_MODEL_RUNTIME_H

#include <stdint.h>

#include "model/shared_object.h"
#include "model/torch_abi.h"

struct runtime {
    const char *name;
    uint64_t version;  // as aoti_torch_abi_version tells it: major and minor in the top bytes
    torch_create_tensor_from_blob_v2 *create_tensor_from_blob_v2;
    torch_delete_tensor_object *delete_tensor_object;
    torch_get_data_ptr *get_data_ptr;
    torch_get_dim *get_dim;
    torch_get_sizes *get_sizes;
    torch_get_strides *get_strides;
    torch_get_dtype *get_dtype;
};

// Loads libtorch's CPU library from the folder that AOTI_LIBTORCH names, or the one given to
// configure, or where the system's loader finds it. Ends with STATUS_FAILURE where there is none,
// or one older than 2.9.
struct runtime runtime_open_torch(void);

// Ends with STATUS_PACKAGE, naming the functions, where OBJECT wants some that nobody provides.
void runtime_check_symbols(const struct runtime *runtime, const struct shared_object *object);

// A dense tensor over DATA, row-major, of DIMENSIONS sizes. DATA stays the caller's and must
// outlive it. The caller deletes it, or hands it to a graph.
tensor_handle runtime_tensor(const struct runtime *runtime, void *data, enum torch_dtype dtype,
                             int64_t dimensions, const int64_t *sizes);

#endif
