// SPDX-License-Identifier: BSD-2-Clause
// The provider of the aoti_torch_* functions that graphs and this program call.

#ifndef AOTI_MODEL_RUNTIME_H
#define AOTI_MODEL_RUNTIME_H

#include <stdbool.h>
#include <stdint.h>

#include "model/device.h"
#include "model/package.h"
#include "model/shared_object.h"
#include "runtime/torch_abi.h"

enum runtime_choice {
    RUNTIME_AUTO,   // builtin if complete, otherwise libtorch with the builtin operators
    RUNTIME_BUILTIN,  // builtin alone; libtorch is not loaded
    RUNTIME_TORCH,  // libtorch alone
};

struct runtime_options {
    enum runtime_choice choice;
    unsigned threads;  // 0: OMP_NUM_THREADS, or one per usable CPU
};

// Functions that a package needs and the builtin runtime lacks.
struct runtime_coverage {
    size_t missing_count;
    char *missing;  // names, each preceded by a space; free with free()
};

// Examines the package's graphs without loading them.
struct runtime_coverage runtime_examine(const struct package *package);

// Describes the runtime that would be chosen for that coverage, and why. Free with free().
char *runtime_describe(const struct runtime_coverage *coverage);

struct runtime {
    const char *name;
    const struct device *device;  // holds the tensors; NULL: the CPU
    uint64_t version;  // aoti_torch_abi_version(): major and minor in the top bytes
    torch_create_tensor_from_blob_v2 *create_tensor_from_blob_v2;
    torch_delete_tensor_object *delete_tensor_object;
    torch_get_data_ptr *get_data_ptr;
    torch_get_dim *get_dim;
    torch_get_sizes *get_sizes;
    torch_get_strides *get_strides;
    torch_get_dtype *get_dtype;
    bool binds_tensors;    // graphs bind the builtin tensor functions
    bool binds_operators;  // graphs bind the builtin operators
};

// Opens the runtime that OPTIONS choose for PACKAGE on DEVICE, NULL for the CPU. Dies with
// STATUS_PACKAGE if the builtin runtime is requested but incomplete, naming the missing functions,
// or if libtorch alone would misread 4-bit weights; with STATUS_USAGE if AOTI_CPU is invalid; and
// like runtime_open_torch().
struct runtime runtime_open(const struct runtime_options *options, const struct package *package,
                            const struct device *device);

// Loads libtorch's CPU library from the folder named by AOTI_LIBTORCH, from the one given to
// configure, or by the system's search path. Dies with STATUS_FAILURE if it is missing or older
// than 2.9.
struct runtime runtime_open_torch(void);

// Puts the builtin operators in front of RUNTIME's, which is libtorch; libtorch computes what they
// do not cover.
void runtime_use_operators(struct runtime *runtime, const struct package *package);

// Binds OBJECT to the functions that the runtime provides. Dies with STATUS_PACKAGE, naming them,
// if some are missing.
void runtime_bind(const struct runtime *runtime, struct shared_object *object);

// Creates a dense row-major tensor over DATA on the runtime's device, with DIMENSIONS sizes. DATA
// must outlive it. The caller deletes the tensor or passes it to a graph.
tensor_handle runtime_tensor(const struct runtime *runtime, void *data, enum torch_dtype dtype,
                             int64_t dimensions, const int64_t *sizes);

#endif
