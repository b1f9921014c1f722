// SPDX-License-Identifier: BSD-2-Clause
// Who provides the aoti_torch_* functions that a graph and we call.

#ifndef AOTI_MODEL_RUNTIME_H
#define AOTI_MODEL_RUNTIME_H

#include <stdbool.h>
#include <stdint.h>

#include "model/device.h"
#include "model/package.h"
#include "model/shared_object.h"
#include "runtime/torch_abi.h"

enum runtime_choice {
    RUNTIME_AUTO,   // own where it has all that the package wants, else libtorch with our operators
    RUNTIME_OWN,    // ours alone; libtorch is not loaded
    RUNTIME_TORCH,  // libtorch alone
};

struct runtime_options {
    enum runtime_choice choice;
    unsigned threads;  // 0: as many as OMP_NUM_THREADS says, or as there are CPUs to run on
};

// What a package wants that we do not have ourselves.
struct runtime_coverage {
    size_t missing_count;
    char *missing;  // their names, each behind a space; the caller's
};

// Reads it from the package's graphs, none of which is loaded.
struct runtime_coverage runtime_examine(const struct package *package);

// Puts what a package with that coverage is run by into words, and why: "own: ...".
char *runtime_describe(const struct runtime_coverage *coverage);

struct runtime {
    const char *name;
    const struct device *device;  // that tensors are on; NULL: the CPU
    uint64_t version;  // as aoti_torch_abi_version tells it: major and minor in the top bytes
    torch_create_tensor_from_blob_v2 *create_tensor_from_blob_v2;
    torch_delete_tensor_object *delete_tensor_object;
    torch_get_data_ptr *get_data_ptr;
    torch_get_dim *get_dim;
    torch_get_sizes *get_sizes;
    torch_get_strides *get_strides;
    torch_get_dtype *get_dtype;
    bool binds_tensors;    // graphs are to bind our functions on tensors, made by us
    bool binds_operators;  // graphs are to bind our operators
};

// Opens what OPTIONS choose for PACKAGE on DEVICE, which is NULL for the CPU. Ends with
// STATUS_PACKAGE, naming the functions, where our own is asked for and lacks some, and where
// libtorch alone would misread weights of 4 bits; with STATUS_USAGE over AOTI_CPU, and as
// runtime_open_torch.
struct runtime runtime_open(const struct runtime_options *options, const struct package *package,
                            const struct device *device);

// Loads libtorch's CPU library from the folder that AOTI_LIBTORCH names, or the one given to
// configure, or where the system's loader finds it. Ends with STATUS_FAILURE where there is none,
// or one older than 2.9.
struct runtime runtime_open_torch(void);

// Has our operators stand in front of those of RUNTIME, which is libtorch's: it takes what ours do
// not cover.
void runtime_use_operators(struct runtime *runtime, const struct package *package);

// Has OBJECT bind the functions that the runtime provides. Ends with STATUS_PACKAGE, naming them,
// where it wants some that nobody has.
void runtime_bind(const struct runtime *runtime, struct shared_object *object);

// A dense tensor over DATA on the runtime's device, row-major, of DIMENSIONS sizes. DATA stays the caller's and must
// outlive it. The caller deletes it, or hands it to a graph.
tensor_handle runtime_tensor(const struct runtime *runtime, void *data, enum torch_dtype dtype,
                             int64_t dimensions, const int64_t *sizes);

#endif
