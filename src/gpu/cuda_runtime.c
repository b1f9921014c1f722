// SPDX-License-Identifier: BSD-2-Clause

#include "config.h"

#include "gpu/cuda_runtime.h"

#include "gpu/driver.h"
#include "gpu/operators.h"

int aotiEventCreate(void **event)
{
    return (int)driver.cuEventCreate((CUevent *)event, CU_EVENT_DEFAULT);
}

int aotiEventDestroy(void *event)
{
    return (int)driver.cuEventDestroy(event);
}

int aotiEventQuery(void *event)
{
    return (int)driver.cuEventQuery(event);
}

int aotiEventRecord(void *event, void *stream)
{
    return (int)driver.cuEventRecord(event, stream);
}

int aotiEventSynchronize(void *event)
{
    return (int)driver.cuEventSynchronize(event);
}

int aotiFree(void *memory)
{
    return memory != NULL ? (int)driver.cuMemFree((CUdeviceptr)memory) : 0;
}

int aotiGetDevice(int *device)
{
    return (int)driver.cuCtxGetDevice(device);
}

const char *aotiGetErrorString(int error)
{
    const char *text = "unknown error";
    driver.cuGetErrorString((CUresult)error, &text);
    return text;
}

// Errors are checked where they occur.
int aotiGetLastError(void)
{
    return 0;
}

int aotiMalloc(void **memory, size_t bytes)
{
    *memory = NULL;
    return bytes > 0 ? (int)driver.cuMemAlloc((CUdeviceptr *)memory, bytes) : 0;
}

// The driver determines by itself on which side the addresses are.
int aotiMemcpy(void *to, const void *from, size_t bytes, int kind)
{
    (void)kind;
    return (int)driver.cuMemcpy((CUdeviceptr)to, (CUdeviceptr)from, bytes);
}

// A process has one GPU, current in all its threads.
int aotiSetDevice(int device)
{
    (void)device;
    driver_enter();
    return 0;
}

static bool launches_early;

void gpu_launch_early(void)
{
    launches_early = true;
}

int aoLaunchKernel(void *function, unsigned grid_x, unsigned grid_y, unsigned grid_z,
                   unsigned block_x, unsigned block_y, unsigned block_z, unsigned shared_bytes,
                   void *stream, void **parameters, void **extra)
{
    CUlaunchAttribute early = driver_launch_early();
    const CUlaunchConfig config = {
        .gridDimX = grid_x,
        .gridDimY = grid_y,
        .gridDimZ = grid_z,
        .blockDimX = block_x,
        .blockDimY = block_y,
        .blockDimZ = block_z,
        .sharedMemBytes = shared_bytes,
        .hStream = stream,
        .attrs = &early,
        .numAttrs = launches_early,
    };
    return (int)driver.cuLaunchKernelEx(&config, function, parameters, extra);
}
