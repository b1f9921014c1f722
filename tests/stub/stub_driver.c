// SPDX-License-Identifier: BSD-2-Clause
// A stand-in for the CUDA driver: a GPU whose work is done at once, by the host, and whose memory
// nobody but its kernels and copies may touch.

#include <cuda.h>

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "stub.h"

enum { MEMORY = 64 << 20, ALIGNMENT = 256, ARGUMENTS = 5, STEPS = 16, ARGUMENT_BYTES = 512 };
enum { MULTIPROCESSORS = 4, SHARED_BYTES = 99 << 10 };  // of a block

// ---- Settings ----

static const char *text_setting(const char *name, const char *otherwise)
{
    const char *text = getenv(name);
    return text != NULL ? text : otherwise;
}

static long number_setting(const char *name, long otherwise)
{
    const char *text = getenv(name);
    return text != NULL ? atol(text) : otherwise;
}

// ---- Memory ----

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static char *memory;
static size_t memory_used;

static size_t free_memory(void)
{
    return (size_t)number_setting("STUB_CUDA_FREE", 8L << 30);
}

// Opens the memory to the host, alone, for as long as work is done.
static void begin_work(void)
{
    pthread_mutex_lock(&mutex);
    if (memory != NULL)
        mprotect(memory, MEMORY, PROT_READ | PROT_WRITE);
}

static void end_work(void)
{
    if (memory != NULL)
        mprotect(memory, MEMORY, PROT_NONE);
    pthread_mutex_unlock(&mutex);
}

CUresult cuMemAlloc(CUdeviceptr *result, size_t bytes)
{
    pthread_mutex_lock(&mutex);
    if (memory == NULL)
        memory = mmap(NULL, MEMORY, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    size_t end = memory_used + (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    bool fits = end <= MEMORY && end <= free_memory();
    if (fits) {
        *result = (CUdeviceptr)(memory + memory_used);
        memory_used = end;
    }
    pthread_mutex_unlock(&mutex);
    return fits ? CUDA_SUCCESS : CUDA_ERROR_OUT_OF_MEMORY;
}

CUresult cuMemFree(CUdeviceptr pointer)
{
    (void)pointer;
    return CUDA_SUCCESS;
}

CUresult cuMemAllocHost(void **result, size_t bytes)
{
    *result = calloc(1, bytes);
    return CUDA_SUCCESS;
}

CUresult cuMemFreeHost(void *pointer)
{
    free(pointer);
    return CUDA_SUCCESS;
}

CUresult cuMemGetInfo(size_t *free_bytes, size_t *total_bytes)
{
    *free_bytes = free_memory() - memory_used;
    *total_bytes = free_memory();
    return CUDA_SUCCESS;
}

// ---- Work, all done or recorded at once ----

static bool is_recording, is_lost;
static long kernels_run;

struct CUgraph_st {
    int count;
    struct step {
        const struct stub_kernel *kernel;
        struct stub_launch launch;
        char values[ARGUMENTS][ARGUMENT_BYTES];
    } steps[STEPS];
};

// A lost GPU fails whatever is asked of it from then on.
static CUresult result(void)
{
    return is_lost ? CUDA_ERROR_LAUNCH_FAILED : CUDA_SUCCESS;
}

// What waits for work cannot be recorded.
static CUresult waited(void)
{
    return is_recording ? CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED : result();
}

static void run_kernel(const struct stub_kernel *kernel, const struct stub_launch *launch,
                       void **arguments)
{
    is_lost |= ++kernels_run == number_setting("STUB_CUDA_LOST_AT", 0);
    if (is_lost)
        return;
    begin_work();
    kernel->run(kernel, launch, arguments);
    end_work();
}

static struct CUgraph_st recorded;

static CUresult record_kernel(const struct stub_kernel *kernel, const struct stub_launch *launch,
                              void **arguments)
{
    if (recorded.count == STEPS)
        return CUDA_ERROR_OUT_OF_MEMORY;
    struct step *step = &recorded.steps[recorded.count++];
    step->kernel = kernel;
    step->launch = *launch;
    for (int i = 0; i < ARGUMENTS && kernel->bytes[i] > 0; i++)
        memcpy(step->values[i], arguments[i], kernel->bytes[i]);
    return CUDA_SUCCESS;
}

CUresult cuLaunchKernelEx(const CUlaunchConfig *config, CUfunction function, void **arguments,
                          void **extra)
{
    const struct stub_kernel *kernel = (const struct stub_kernel *)function;
    struct stub_launch launch = {
        .grid = {config->gridDimX, config->gridDimY},
        .threads = config->blockDimX,
        .shared_bytes = config->sharedMemBytes,
        .cluster = 1,
    };
    (void)extra;
    for (unsigned i = 0; i < config->numAttrs; i++)
        if (config->attrs[i].id == CU_LAUNCH_ATTRIBUTE_CLUSTER_DIMENSION)
            launch.cluster = config->attrs[i].value.clusterDim.x;
    if (launch.grid[0] == 0 || launch.grid[1] == 0 || launch.threads == 0)
        return CUDA_ERROR_INVALID_VALUE;
    if (is_recording)
        return record_kernel(kernel, &launch, arguments);
    run_kernel(kernel, &launch, arguments);
    return CUDA_SUCCESS;
}

CUresult cuMemcpyAsync(CUdeviceptr to, CUdeviceptr from, size_t bytes, CUstream stream)
{
    (void)stream;
    begin_work();
    memcpy((void *)to, (const void *)from, bytes);
    end_work();
    return waited();
}

CUresult cuMemcpy(CUdeviceptr to, CUdeviceptr from, size_t bytes)
{
    return cuMemcpyAsync(to, from, bytes, NULL);
}

CUresult cuMemcpyHtoDAsync(CUdeviceptr to, const void *from, size_t bytes, CUstream stream)
{
    return cuMemcpyAsync(to, (CUdeviceptr)from, bytes, stream);
}

CUresult cuMemsetD8Async(CUdeviceptr to, unsigned char value, size_t bytes, CUstream stream)
{
    (void)stream;
    begin_work();
    memset((void *)to, value, bytes);
    end_work();
    return waited();
}

CUresult cuStreamBeginCapture(CUstream stream, CUstreamCaptureMode mode)
{
    (void)stream, (void)mode;
    recorded.count = 0;
    is_recording = true;
    return result();
}

CUresult cuStreamEndCapture(CUstream stream, CUgraph *graph)
{
    (void)stream;
    is_recording = false;
    *graph = malloc(sizeof **graph);
    **graph = recorded;
    return result();
}

CUresult cuGraphInstantiate(CUgraphExec *executable, CUgraph graph, unsigned long long flags)
{
    (void)flags;
    struct CUgraph_st *copy = malloc(sizeof *copy);
    *copy = *graph;
    *executable = (CUgraphExec)copy;
    return result();
}

CUresult cuGraphLaunch(CUgraphExec executable, CUstream stream)
{
    struct CUgraph_st *graph = (struct CUgraph_st *)executable;
    (void)stream;
    for (int i = 0; i < graph->count; i++) {
        void *arguments[ARGUMENTS];
        for (int k = 0; k < ARGUMENTS; k++)
            arguments[k] = graph->steps[i].values[k];
        run_kernel(graph->steps[i].kernel, &graph->steps[i].launch, arguments);
    }
    return CUDA_SUCCESS;
}

CUresult cuGraphUpload(CUgraphExec executable, CUstream stream)
{
    (void)executable, (void)stream;
    return result();
}

CUresult cuGraphDestroy(CUgraph graph)
{
    free(graph);
    return CUDA_SUCCESS;
}

CUresult cuGraphExecDestroy(CUgraphExec executable)
{
    free(executable);
    return CUDA_SUCCESS;
}

CUresult cuStreamSynchronize(CUstream stream)
{
    (void)stream;
    return waited();
}

CUresult cuEventSynchronize(CUevent event)
{
    (void)event;
    return waited();
}

CUresult cuEventQuery(CUevent event)
{
    (void)event;
    return waited();
}

CUresult cuEventRecord(CUevent event, CUstream stream)
{
    (void)event, (void)stream;
    return result();
}

// ---- What there is ----

static char thing;  // what handles point to

CUresult cuInit(unsigned flags)
{
    (void)flags;
    return CUDA_SUCCESS;
}

CUresult cuDeviceGetCount(int *count)
{
    *count = (int)number_setting("STUB_CUDA_COUNT", 1);
    return CUDA_SUCCESS;
}

CUresult cuDeviceGet(CUdevice *device, int index)
{
    *device = index;
    return CUDA_SUCCESS;
}

CUresult cuTensorMapEncodeTiled(CUtensorMap *map, CUtensorMapDataType type, cuuint32_t dimensions,
                                void *data, const cuuint64_t *sizes, const cuuint64_t *strides,
                                const cuuint32_t *box, const cuuint32_t *steps,
                                CUtensorMapInterleave interleave, CUtensorMapSwizzle swizzle,
                                CUtensorMapL2promotion promotion, CUtensorMapFloatOOBfill fill)
{
    (void)promotion;
    (void)fill;
    if (type != CU_TENSOR_MAP_DATA_TYPE_UINT8 || dimensions != 2 || steps[0] != 1 || steps[1] != 1
        || interleave != CU_TENSOR_MAP_INTERLEAVE_NONE || box[1] > 256
        || !((swizzle == CU_TENSOR_MAP_SWIZZLE_128B && box[0] == 128)
             || (swizzle == CU_TENSOR_MAP_SWIZZLE_64B && box[0] == 64))
        || ((uintptr_t)data | strides[0]) % 16 != 0)
        return CUDA_ERROR_INVALID_VALUE;
    const struct stub_map made = {data, {sizes[0], sizes[1]}, strides[0], {box[0], box[1]}};
    memcpy(map, &made, sizeof made);
    return CUDA_SUCCESS;
}

CUresult cuDeviceGetAttribute(int *value, CUdevice_attribute attribute, CUdevice device)
{
    int major = 0, minor = 0;
    (void)device;
    sscanf(text_setting("STUB_CUDA_CAPABILITY", "9.0"), "%d.%d", &major, &minor);
    switch (attribute) {
    case CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR:
        *value = major;
        return CUDA_SUCCESS;
    case CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR:
        *value = minor;
        return CUDA_SUCCESS;
    case CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT:
        *value = MULTIPROCESSORS;
        return CUDA_SUCCESS;
    case CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN:
        *value = SHARED_BYTES;
        return CUDA_SUCCESS;
    default:
        return CUDA_ERROR_INVALID_VALUE;
    }
}

CUresult cuDeviceGetName(char *name, int size, CUdevice device)
{
    (void)device;
    snprintf(name, (size_t)size, "Stand-in");
    return CUDA_SUCCESS;
}

CUresult cuDevicePrimaryCtxRetain(CUcontext *context, CUdevice device)
{
    (void)device;
    *context = (CUcontext)&thing;
    return CUDA_SUCCESS;
}

CUresult cuCtxSetCurrent(CUcontext context)
{
    (void)context;
    return CUDA_SUCCESS;
}

CUresult cuCtxGetDevice(CUdevice *device)
{
    *device = 0;
    return CUDA_SUCCESS;
}

CUresult cuStreamCreate(CUstream *stream, unsigned flags)
{
    (void)flags;
    *stream = (CUstream)&thing;
    return CUDA_SUCCESS;
}

CUresult cuStreamDestroy(CUstream stream)
{
    (void)stream;
    return CUDA_SUCCESS;
}

CUresult cuEventCreate(CUevent *event, unsigned flags)
{
    (void)flags;
    *event = (CUevent)&thing;
    return CUDA_SUCCESS;
}

CUresult cuEventDestroy(CUevent event)
{
    (void)event;
    return CUDA_SUCCESS;
}

CUresult cuGetErrorName(CUresult error, const char **name)
{
    *name = error == CUDA_ERROR_LAUNCH_FAILED ? "CUDA_ERROR_LAUNCH_FAILED" : "CUDA_ERROR";
    return CUDA_SUCCESS;
}

CUresult cuGetErrorString(CUresult error, const char **text)
{
    *text = error == CUDA_ERROR_LAUNCH_FAILED ? "the stand-in is lost" : "the stand-in refuses";
    return CUDA_SUCCESS;
}

// ---- Kernels ----

// [1, V] after the last of COUNT ids.
static void run_logits(const struct stub_kernel *kernel, const struct stub_launch *launch,
                       void **arguments)
{
    const int64_t *ids = *(int64_t **)arguments[0], *positions = *(int64_t **)arguments[1];
    float *row = *(float **)arguments[2];
    int64_t last = *(int64_t *)arguments[3] - 1;
    (void)kernel, (void)launch;
    stub_fill_row(row, ids[last], positions[last], *(bool *)arguments[4]);
}

const struct stub_kernel stub_logits = {
    run_logits,
    {sizeof(void *), sizeof(void *), sizeof(void *), sizeof(int64_t), sizeof(bool)},
};

CUresult cuModuleLoadData(CUmodule *module, const void *image)
{
    (void)image;
    *module = (CUmodule)&thing;
    return CUDA_SUCCESS;
}

CUresult cuModuleGetFunction(CUfunction *function, CUmodule module, const char *name)
{
    (void)module;
    *function = (CUfunction)(uintptr_t)stub_find_kernel(name);
    return *function != NULL ? CUDA_SUCCESS : CUDA_ERROR_NOT_FOUND;
}

CUresult cuFuncSetAttribute(CUfunction function, CUfunction_attribute attribute, int value)
{
    (void)function, (void)attribute, (void)value;
    return CUDA_SUCCESS;
}
