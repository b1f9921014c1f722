// SPDX-License-Identifier: BSD-2-Clause
// The CUDA driver's functions, loaded at run time. Inside src/gpu only.

#ifndef AOTI_GPU_DRIVER_H
#define AOTI_GPU_DRIVER_H

#include <cuda.h>

#include "gpu/gpu.h"

// cuda.h gives many of these names a version by a macro, which holds for the members here as well.
#define DRIVER_FUNCTIONS(X)                                                                      \
    X(cuInit)                                                                                    \
    X(cuCtxGetDevice)                                                                            \
    X(cuCtxSetCurrent)                                                                           \
    X(cuDeviceGet)                                                                               \
    X(cuDeviceGetAttribute)                                                                      \
    X(cuDeviceGetCount)                                                                          \
    X(cuDeviceGetName)                                                                           \
    X(cuDevicePrimaryCtxRetain)                                                                  \
    X(cuEventCreate)                                                                             \
    X(cuEventDestroy)                                                                            \
    X(cuEventQuery)                                                                              \
    X(cuEventRecord)                                                                             \
    X(cuEventSynchronize)                                                                        \
    X(cuFuncSetAttribute)                                                                        \
    X(cuGetErrorName)                                                                            \
    X(cuGetErrorString)                                                                          \
    X(cuGraphDestroy)                                                                            \
    X(cuGraphExecDestroy)                                                                        \
    X(cuGraphInstantiate)                                                                        \
    X(cuGraphLaunch)                                                                             \
    X(cuGraphUpload)                                                                             \
    X(cuLaunchKernelEx)                                                                          \
    X(cuMemAlloc)                                                                                \
    X(cuMemAllocHost)                                                                            \
    X(cuMemFree)                                                                                 \
    X(cuMemFreeHost)                                                                             \
    X(cuMemGetInfo)                                                                              \
    X(cuMemcpy)                                                                                  \
    X(cuMemcpyAsync)                                                                             \
    X(cuMemcpyHtoDAsync)                                                                         \
    X(cuMemsetD8Async)                                                                           \
    X(cuModuleGetFunction)                                                                       \
    X(cuModuleLoadData)                                                                          \
    X(cuStreamBeginCapture)                                                                      \
    X(cuStreamCreate)                                                                            \
    X(cuStreamDestroy)                                                                           \
    X(cuStreamEndCapture)                                                                        \
    X(cuStreamSynchronize)                                                                       \
    X(cuTensorMapEncodeTiled)

struct driver {
#define DRIVER_MEMBER(name) __typeof__(name) *name;
    DRIVER_FUNCTIONS(DRIVER_MEMBER)
#undef DRIVER_MEMBER
};

// After gpu_open_end.
extern struct driver driver;

// Ends the program with STATUS_DEVICE where RESULT tells of an error in WHAT.
void driver_check(CUresult result, const char *what);

// The stream that all work goes to.
CUstream driver_stream(void);

// Makes the GPU current in the calling thread.
void driver_enter(void);

// That a kernel may be launched while the one before it ends.
CUlaunchAttribute driver_launch_early(void);

// A number that tells what the GPU has.
unsigned driver_limit(CUdevice_attribute attribute);

// Returns true if kernels use bulk copies on this GPU, see fetching.cuh.
bool driver_has_bulk_copies(void);

// A matrix in the GPU's memory, and the size of the boxes that bulk copies take of it. DATA and
// PITCH are multiples of 16; box_bytes is 128 or 64.
struct boxed_matrix {
    const void *data;
    uint64_t rows, bytes, pitch;  // bytes of a row, and from a row to the next
    unsigned box_rows, box_bytes;
};

// Encodes a matrix as a tensor map, for fetch_box().
struct gpu_map;
void driver_map(struct gpu_map *map, const struct boxed_matrix *matrix);

struct launch {
    const char *kernel;  // its name, which begins with that of its image: "product", ...
    unsigned grid[2];
    unsigned threads;
    unsigned shared_bytes;
    bool is_cluster;  // of the blocks of a row of the grid
};

// How many blocks a cluster may have, 0 where there are no clusters. More than CLUSTER_PORTABLE are
// not to be had of every GPU.
enum { CLUSTER_PORTABLE = 8 };
unsigned driver_cluster_blocks(void);

// Returns true if the GPU can run this kernel: some are compiled for one architecture only.
bool driver_has_kernel(const char *name);

// Puts one of our kernels into the stream. PARAMETERS is the only argument that each has, of a type
// of kernels.h. The kernel may be launched while the one before it ends: it waits by itself.
void driver_launch(const struct launch *launch, void *parameters);

#endif
