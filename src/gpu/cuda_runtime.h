// SPDX-License-Identifier: BSD-2-Clause
// The few functions of the CUDA runtime that generated code calls, implemented by the driver's, so
// that the runtime's library is not needed. Graphs are made to bind these names: "aoti" instead of
// "cuda", and for functions of the driver itself "ao" instead of "cu". They return 0 or the
// driver's error, whose numbers are the runtime's.

#ifndef AOTI_GPU_CUDA_RUNTIME_H
#define AOTI_GPU_CUDA_RUNTIME_H

#include <stdbool.h>
#include <stddef.h>

int aotiEventCreate(void **event);
int aotiEventDestroy(void *event);
int aotiEventQuery(void *event);
int aotiEventRecord(void *event, void *stream);
int aotiEventSynchronize(void *event);
int aotiFree(void *memory);
int aotiGetDevice(int *device);
const char *aotiGetErrorString(int error);
int aotiGetLastError(void);
int aotiMalloc(void **memory, size_t bytes);
int aotiMemcpy(void *to, const void *from, size_t bytes, int kind);
int aotiSetDevice(int device);
int aoLaunchKernel(void *function, unsigned grid_x, unsigned grid_y, unsigned grid_z,
                   unsigned block_x, unsigned block_y, unsigned block_z, unsigned shared_bytes,
                   void *stream, void **parameters, void **extra);

#endif
