// SPDX-License-Identifier: BSD-2-Clause

#include "config.h"

#include "gpu/gpu.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/diagnostics.h"
#include "common/memory.h"
#include "gpu/driver.h"
#include "gpu/kernels.h"

#define LIBRARY "libcuda.so.1"
#define TEXT_OF(name) TEXT_OF_EXPANDED(name)
#define TEXT_OF_EXPANDED(name) #name

enum {
    KERNELS_MAX = 128,
    LAUNCH_ATTRIBUTES = 2,
    SHARED_BYTES_USUAL = 48 << 10,  // that a kernel may have without being asked for
    LAUNCH_EARLY_MAJOR = 9,         // compute capability from which kernels can overlap
    BULK_COPIES_MAJOR = 9,          // compute capability from which there are copies of many bytes
    CLUSTER_MAJOR = 9,              // compute capability from which there are clusters of blocks
    CLUSTER_WIDE_MAJOR = 10,        // compute capability up to which they may be twice as large
};

struct driver driver;

// Our kernels, as nvcc compiled them, and how their names begin.
extern const char gpu_image_attention[], gpu_image_attention_few_rows[],
    gpu_image_attention_many_rows[], gpu_image_one_row[], gpu_image_picks[],
    gpu_image_product_many_rows_sm90[], gpu_image_products[];

static const struct {
    const char *begin, *image;
} images[] = {
    {"attention", gpu_image_attention},
    {"attention_few_rows", gpu_image_attention_few_rows},
    {"attention_many_rows", gpu_image_attention_many_rows},
    {"pick", gpu_image_picks},
    {"product", gpu_image_products},
    {"product_many_rows_sm90", gpu_image_product_many_rows_sm90},
    {"product_one_row", gpu_image_one_row},
};

enum { IMAGES = sizeof images / sizeof *images };

struct kernel {
    const char *name;
    CUfunction function;    // NULL: not compiled for this GPU
    unsigned shared_bytes;  // that it may have
    bool is_wide;           // may have clusters of more than CLUSTER_PORTABLE blocks
};

static struct {
    unsigned index;
    pthread_t thread;
    char *failure;  // why it could not be opened
    int capability_major;
    CUdevice device;
    CUcontext context;
    CUstream stream;
    CUevent marks[GPU_MARKS];
    CUmodule modules[IMAGES];
    struct kernel kernels[KERNELS_MAX];  // those that were used
    size_t kernel_count;
} gpu;

void driver_check(CUresult result, const char *what)
{
    if (result == CUDA_SUCCESS)
        return;
    const char *name = "unknown error", *text = "";
    driver.cuGetErrorName(result, &name);
    driver.cuGetErrorString(result, &text);
    die(STATUS_DEVICE, "cuda:%u: %s: %s (%s)", gpu.index, what, text, name);
}

// Why the driver could not be loaded, or NULL.
static char *load_driver(void)
{
    void *library = dlopen(LIBRARY, RTLD_NOW | RTLD_GLOBAL);
    if (library == NULL)
        return xasprintf("no CUDA driver: %s", dlerror());
#define LOAD(name)                                                                               \
    driver.name = (__typeof__(name) *)dlsym(library, TEXT_OF(name));                             \
    if (driver.name == NULL)                                                                     \
        return xasprintf("the CUDA driver is too old: it has no " TEXT_OF(name));
    DRIVER_FUNCTIONS(LOAD)
#undef LOAD
    return NULL;
}

static char *explain(const char *what, CUresult result)
{
    const char *text = "unknown error";
    driver.cuGetErrorString(result, &text);
    return xasprintf("%s: %s", what, text);
}

// Why the GPU could not be opened, or NULL.
static char *open_device(void)
{
    int count = 0;
    CUresult result = driver.cuInit(0);
    if (result == CUDA_SUCCESS)
        result = driver.cuDeviceGetCount(&count);
    if (result != CUDA_SUCCESS)
        return explain("no usable GPU", result);
    if (gpu.index >= (unsigned)count)
        return xasprintf("no such GPU: this machine has %d", count);
    result = driver.cuDeviceGet(&gpu.device, (int)gpu.index);
    if (result == CUDA_SUCCESS)
        result = driver.cuDevicePrimaryCtxRetain(&gpu.context, gpu.device);
    if (result == CUDA_SUCCESS)
        result = driver.cuCtxSetCurrent(gpu.context);
    if (result == CUDA_SUCCESS)
        result = driver.cuStreamCreate(&gpu.stream, CU_STREAM_NON_BLOCKING);
    for (int i = 0; i < GPU_MARKS && result == CUDA_SUCCESS; i++)
        result = driver.cuEventCreate(&gpu.marks[i], CU_EVENT_DISABLE_TIMING);
    if (result != CUDA_SUCCESS)
        return explain("the GPU cannot be used", result);
    for (int i = 0; i < IMAGES; i++)
        if ((result = driver.cuModuleLoadData(&gpu.modules[i], images[i].image)) != CUDA_SUCCESS)
            return explain("our kernels cannot be loaded", result);
    return NULL;
}

static void *open_in_thread(void *unused)
{
    (void)unused;
    gpu.failure = load_driver();
    if (gpu.failure == NULL)
        gpu.failure = open_device();
    return NULL;
}

// Other threads may be in the driver, whose destructors exit(3) would run meanwhile.
static _Noreturn void exit_at_once(enum status status)
{
    _exit((int)status);
}

void gpu_open_begin(unsigned index)
{
    diagnostics_set_exit(exit_at_once);
    gpu.index = index;
    if (pthread_create(&gpu.thread, NULL, open_in_thread, NULL) != 0)
        die_errno(STATUS_FAILURE, "a thread");
}

void gpu_open_end(void)
{
    pthread_join(gpu.thread, NULL);
    if (gpu.failure != NULL)
        die(STATUS_DEVICE, "cuda:%u: %s", gpu.index, gpu.failure);
    driver_enter();
    gpu.capability_major = (int)driver_limit(CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR);
}

unsigned driver_limit(CUdevice_attribute attribute)
{
    int value;
    driver_check(driver.cuDeviceGetAttribute(&value, attribute, gpu.device), "asking what it has");
    return (unsigned)value;
}

void driver_enter(void)
{
    driver_check(driver.cuCtxSetCurrent(gpu.context), "entering its context");
}

CUstream driver_stream(void)
{
    return gpu.stream;
}

void *gpu_stream(void)
{
    return gpu.stream;
}

struct gpu_description gpu_describe(void)
{
    struct gpu_description description = {.capability_major = gpu.capability_major};
    driver_check(driver.cuDeviceGetName(description.name, sizeof description.name, gpu.device),
                 "asking for its name");
    description.capability_minor =
        (int)driver_limit(CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR);
    driver_check(driver.cuMemGetInfo(&description.free_bytes, &description.total_bytes),
                 "asking for its memory");
    return description;
}

// ---- Kernels ----

static CUfunction load_kernel(const char *name)
{
    CUfunction function;
    int image = IMAGES - 1;
    while (image > 0 && strncmp(name, images[image].begin, strlen(images[image].begin)) != 0)
        image--;
    CUresult result = driver.cuModuleGetFunction(&function, gpu.modules[image], name);
    if (result == CUDA_ERROR_NOT_FOUND)
        return NULL;
    driver_check(result, name);
    return function;
}

static struct kernel *find_kernel(const char *name)
{
    for (size_t i = 0; i < gpu.kernel_count; i++)
        if (strcmp(gpu.kernels[i].name, name) == 0)
            return &gpu.kernels[i];
    if (gpu.kernel_count == KERNELS_MAX)
        die(STATUS_FAILURE, "more than %d kernels", KERNELS_MAX);
    struct kernel *kernel = &gpu.kernels[gpu.kernel_count++];
    *kernel = (struct kernel){xstrdup(name), load_kernel(name), SHARED_BYTES_USUAL, false};
    return kernel;
}

bool driver_has_kernel(const char *name)
{
    return find_kernel(name)->function != NULL;
}

static CUfunction prepare_kernel(const struct launch *launch)
{
    struct kernel *kernel = find_kernel(launch->kernel);
    if (kernel->function == NULL)
        driver_check(CUDA_ERROR_NOT_FOUND, launch->kernel);
    if (launch->shared_bytes > kernel->shared_bytes) {
        driver_check(driver.cuFuncSetAttribute(kernel->function,
                                               CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES,
                                               (int)launch->shared_bytes),
                     launch->kernel);
        kernel->shared_bytes = launch->shared_bytes;
    }
    if (launch->is_cluster && launch->grid[0] > CLUSTER_PORTABLE && !kernel->is_wide) {
        driver_check(driver.cuFuncSetAttribute(
                         kernel->function, CU_FUNC_ATTRIBUTE_NON_PORTABLE_CLUSTER_SIZE_ALLOWED, 1),
                     launch->kernel);
        kernel->is_wide = true;
    }
    return kernel->function;
}

CUlaunchAttribute driver_launch_early(void)
{
    return (CUlaunchAttribute){
        .id = CU_LAUNCH_ATTRIBUTE_PROGRAMMATIC_STREAM_SERIALIZATION,
        .value = {.programmaticStreamSerializationAllowed = 1},
    };
}

unsigned driver_cluster_blocks(void)
{
    if (gpu.capability_major < CLUSTER_MAJOR)
        return 0;
    return gpu.capability_major <= CLUSTER_WIDE_MAJOR ? 2 * CLUSTER_PORTABLE : CLUSTER_PORTABLE;
}

bool driver_has_bulk_copies(void)
{
    return gpu.capability_major >= BULK_COPIES_MAJOR;
}

void driver_map(struct gpu_map *map, const struct boxed_matrix *matrix)
{
    const cuuint64_t sizes[] = {matrix->bytes, matrix->rows}, strides[] = {matrix->pitch};
    const cuuint32_t box[] = {matrix->box_bytes, matrix->box_rows}, steps[] = {1, 1};
    CUtensorMap made;
    driver_check(driver.cuTensorMapEncodeTiled(
                     &made, CU_TENSOR_MAP_DATA_TYPE_UINT8, 2, (void *)(uintptr_t)matrix->data,
                     sizes, strides, box, steps, CU_TENSOR_MAP_INTERLEAVE_NONE,
                     matrix->box_bytes == 64 ? CU_TENSOR_MAP_SWIZZLE_64B
                                             : CU_TENSOR_MAP_SWIZZLE_128B,
                     CU_TENSOR_MAP_L2_PROMOTION_NONE, CU_TENSOR_MAP_FLOAT_OOB_FILL_NONE),
                 "describing a matrix");
    memcpy(map, &made, sizeof made);
}

void driver_launch(const struct launch *launch, void *parameters)
{
    CUlaunchAttribute attributes[LAUNCH_ATTRIBUTES];
    CUlaunchConfig config = {
        .gridDimX = launch->grid[0],
        .gridDimY = launch->grid[1],
        .gridDimZ = 1,
        .blockDimX = launch->threads,
        .blockDimY = 1,
        .blockDimZ = 1,
        .sharedMemBytes = launch->shared_bytes,
        .hStream = gpu.stream,
        .attrs = attributes,
    };
    if (gpu.capability_major >= LAUNCH_EARLY_MAJOR)
        attributes[config.numAttrs++] = driver_launch_early();
    if (launch->is_cluster)
        attributes[config.numAttrs++] = (CUlaunchAttribute){
            .id = CU_LAUNCH_ATTRIBUTE_CLUSTER_DIMENSION,
            .value = {.clusterDim = {launch->grid[0], 1, 1}},
        };
    void *arguments[] = {parameters};
    driver_check(driver.cuLaunchKernelEx(&config, prepare_kernel(launch), arguments, NULL),
                 launch->kernel);
}

// ---- Order ----

void gpu_wait(void)
{
    driver_check(driver.cuStreamSynchronize(gpu.stream), "computing");
}

void gpu_mark(unsigned mark)
{
    driver_check(driver.cuEventRecord(gpu.marks[mark], gpu.stream), "computing");
}

void gpu_wait_mark(unsigned mark)
{
    driver_check(driver.cuEventSynchronize(gpu.marks[mark]), "computing");
}

// A recording is the driver's own object; nothing else is to be known of it.
struct gpu_recording *gpu_record(void (*step)(void *context), void *context)
{
    CUgraph graph;
    CUgraphExec executable;
    driver_check(driver.cuStreamBeginCapture(gpu.stream, CU_STREAM_CAPTURE_MODE_RELAXED),
                 "recording a step");
    step(context);
    driver_check(driver.cuStreamEndCapture(gpu.stream, &graph), "recording a step");
    driver_check(driver.cuGraphInstantiate(&executable, graph, 0), "recording a step");
    driver_check(driver.cuGraphDestroy(graph), "recording a step");
    driver_check(driver.cuGraphUpload(executable, gpu.stream), "recording a step");
    return (struct gpu_recording *)executable;
}

void gpu_replay(const struct gpu_recording *recording)
{
    driver_check(driver.cuGraphLaunch((CUgraphExec)(uintptr_t)recording, gpu.stream), "computing");
}

void gpu_recording_free(struct gpu_recording *recording)
{
    if (recording != NULL)
        driver_check(driver.cuGraphExecDestroy((CUgraphExec)recording), "closing");
}
