// SPDX-License-Identifier: BSD-2-Clause

#include "config.h"

#include "model/runtime.h"

#include <ctype.h>
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/diagnostics.h"
#include "common/memory.h"
#include "gpu/operators.h"
#include "model/heap.h"
#include "model/int4_layout.h"
#include "runtime/cpu.h"
#include "runtime/operators.h"
#include "runtime/own.h"
#include "runtime/own_tensors.h"
#include "runtime/parallel.h"

#define LIBRARY "libtorch_cpu.so"
#define CUDA_LIBRARY "libtorch_cuda.so"
#define SLEEF_LIBRARY "libsleef.so.3"
#define INT4_OPERATOR "aoti_torch_cpu__weight_int4pack_mm_cpu_tensor"

enum {
    OLDEST_MAJOR = 2,
    OLDEST_MINOR = 9,
    DIMENSIONS_MAX = 8,
};

// Returns the path of NAME below FOLDER, a torch folder or its lib folder. Free with free().
static char *library_below(const char *folder, const char *name)
{
    char *file = xasprintf("%s/lib/%s", folder, name);
    if (access(file, F_OK) == 0)
        return file;
    free(file);
    return xasprintf("%s/%s", folder, name);
}

// Returns a path of libtorch, or a bare name for the system's loader to search. Free with free().
static char *find_library(const char *name)
{
    const char *folder = getenv("AOTI_LIBTORCH");
    if (folder == NULL || *folder == '\0')
        folder = DEFAULT_LIBTORCH;
    return *folder != '\0' ? library_below(folder, name) : xstrdup(name);
}

static void *load_library(const char *file)
{
    errno = 0;
    void *library = dlopen(file, RTLD_NOW | RTLD_GLOBAL);
    if (library == NULL && errno == ENOMEM)
        die_exhausted();
    if (library == NULL)
        die(STATUS_FAILURE,
            "%s: cannot load libtorch: %s (set AOTI_LIBTORCH to its folder)", file,
            dlerror());
    return library;
}

static void *required(void *library, const char *file, const char *symbol)
{
    void *function = dlsym(library, symbol);
    if (function == NULL)
        die(STATUS_FAILURE, "%s: too old: no function %s, expected torch %d.%d or newer", file,
            symbol, OLDEST_MAJOR, OLDEST_MINOR);
    return function;
}

static void check_version(const char *file, uint64_t version)
{
    unsigned major = (unsigned)(version >> 56), minor = (unsigned)(version >> 48 & 0xff);
    if (major < OLDEST_MAJOR || (major == OLDEST_MAJOR && minor < OLDEST_MINOR))
        die(STATUS_FAILURE, "%s: too old: torch %u.%u, expected %d.%d or newer", file, major, minor,
            OLDEST_MAJOR, OLDEST_MINOR);
}

struct runtime runtime_open_torch(void)
{
    char *file = find_library(LIBRARY);
    void *library = load_library(file);
    torch_abi_version *version = required(library, file, "aoti_torch_abi_version");
    check_version(file, version());
    struct runtime runtime = {
        .name = "torch",
        .version = version(),
        .create_tensor_from_blob_v2 =
            required(library, file, "aoti_torch_create_tensor_from_blob_v2"),
        .delete_tensor_object = required(library, file, "aoti_torch_delete_tensor_object"),
        .get_data_ptr = required(library, file, "aoti_torch_get_data_ptr"),
        .get_dim = required(library, file, "aoti_torch_get_dim"),
        .get_sizes = required(library, file, "aoti_torch_get_sizes"),
        .get_strides = required(library, file, "aoti_torch_get_strides"),
        .get_dtype = required(library, file, "aoti_torch_get_dtype"),
    };
    torch_grad_mode_set_enabled *set_grad_mode =
        required(library, file, "aoti_torch_grad_mode_set_enabled");
    set_grad_mode(false);
    free(file);
    return runtime;
}

static struct runtime open_builtin(const struct package *package)
{
    struct operator_environment environment = own_environment;
    environment.kernels = cpu_choose_kernels();
    environment.int4_block = package->int4_block;
    operators_set_environment(&environment);
    heap_keep_freed_memory();  // results live from one operator to the next
    return (struct runtime){
        .name = "builtin",
        .create_tensor_from_blob_v2 = aoti_local_create_tensor_from_blob_v2,
        .delete_tensor_object = aoti_local_delete_tensor_object,
        .get_data_ptr = aoti_local_get_data_ptr,
        .get_dim = aoti_local_get_dim,
        .get_sizes = aoti_local_get_sizes,
        .get_strides = aoti_local_get_strides,
        .get_dtype = aoti_local_get_dtype,
        .binds_tensors = true,
        .binds_operators = true,
    };
}

static operator_int4_mm *find_int4_operator(void)
{
    return (operator_int4_mm *)dlsym(RTLD_DEFAULT, INT4_OPERATOR);
}

// libtorch would misread weights stored in another layout.
static void check_int4(const struct runtime *runtime, const struct package *package)
{
    operator_int4_mm *multiply = find_int4_operator();
    if (package->int4_block == 0 || multiply == NULL)
        return;
    if (int4_layout_block(runtime, multiply) != package->int4_block)
        die(STATUS_PACKAGE,
            "%s: 4-bit weights in blocks of %lld, which libtorch cannot read on this CPU; try "
            "--runtime=builtin",
            package->map.name, (long long)package->int4_block);
}

void runtime_use_operators(struct runtime *runtime, const struct package *package)
{
    struct operator_environment environment = {
        .kernels = cpu_choose_kernels(),
        .int4_block = package->int4_block,
        .get_data_ptr = runtime->get_data_ptr,
        .get_dim = runtime->get_dim,
        .get_sizes = runtime->get_sizes,
        .get_strides = runtime->get_strides,
        .get_dtype = runtime->get_dtype,
        .empty_strided =
            (torch_empty_strided *)dlsym(RTLD_DEFAULT, "aoti_torch_empty_strided"),
        .mm = (operator_mm *)dlsym(RTLD_DEFAULT, "aoti_torch_cpu_mm_out"),
        .bmm = (operator_mm *)dlsym(RTLD_DEFAULT, "aoti_torch_cpu_bmm_out"),
        .addmm = (operator_addmm *)dlsym(RTLD_DEFAULT, "aoti_torch_cpu_addmm_out"),
        .int8_mm = (operator_int8_mm *)dlsym(RTLD_DEFAULT, "aoti_torch_cpu__weight_int8pack_mm"),
        // The builtin operator knows the block size of the package; libtorch may expect another.
        .int4_mm = package->int4_block == 0 ? find_int4_operator() : NULL,
        .attention = (operator_attention *)dlsym(
            RTLD_DEFAULT, "aoti_torch_cpu__scaled_dot_product_flash_attention_for_cpu"),
    };
    operators_set_environment(&environment);
    runtime->binds_operators = environment.empty_strided != NULL;
}

static bool starts_with(const char *text, const char *start)
{
    return strncmp(text, start, strlen(start)) == 0;
}

static bool is_gpu_function(const char *symbol)
{
    const struct own_function *function;
    for (size_t i = 0; (function = gpu_function(i)) != NULL; i++)
        if (strcmp(function->name, symbol) == 0)
            return true;
    return false;
}

// Generated code calls vector functions of Sleef and OpenMP's functions in libgomp, both separate
// libraries. The CUDA driver's functions (cuLaunchKernel and so on) come with the GPU.
static bool have_ourselves(const char *symbol)
{
    if (starts_with(symbol, "aoti_torch_") || starts_with(symbol, "cuda"))
        return own_find(symbol) != NULL || is_gpu_function(symbol);
    if (starts_with(symbol, "cu") && isupper((unsigned char)symbol[2]))
        return true;
    if (starts_with(symbol, "GOMP_") || starts_with(symbol, "omp_"))
        return true;
    if (starts_with(symbol, "Sleef_")) {
        void *library = dlopen(SLEEF_LIBRARY, RTLD_NOW | RTLD_GLOBAL);
        return library != NULL && dlsym(library, symbol) != NULL;
    }
    return dlsym(RTLD_DEFAULT, symbol) != NULL;
}

static void collect_missing(const char *symbol, void *context)
{
    struct buffer *missing = context;
    if (have_ourselves(symbol))
        return;
    size_t length = strlen(symbol);
    if (missing->size > 0) {
        const char *at = memmem(missing->data, missing->size, symbol, length);
        if (at != NULL && at[length] == ' ')
            return;  // both graphs need it
    }
    buffer_append(missing, symbol, length);
    buffer_append(missing, " ", 1);
}

struct runtime_coverage runtime_examine(const struct package *package)
{
    struct buffer missing = {0};
    for (size_t i = 0; i < package->graph_count; i++) {
        const struct archive_member *member = package->graphs[i].shared_object;
        struct shared_object object = shared_object_read(member->data, member->size, member->name);
        shared_object_each_undefined(&object, collect_missing, &missing);
    }
    struct runtime_coverage coverage = {0};
    for (size_t i = 0; i < missing.size; i++)
        coverage.missing_count += missing.data[i] == ' ';
    if (missing.size > 0)
        missing.size--;  // the last space
    buffer_append(&missing, "", 1);
    coverage.missing = missing.data;
    return coverage;
}

char *runtime_describe(const struct runtime_coverage *coverage)
{
    if (coverage->missing_count == 0)
        return xasprintf("builtin: has all functions that the package needs, kernels for %s",
                         cpu_choose_kernels()->name);
    return xasprintf("torch, with builtin operators for %s: the builtin runtime lacks %s",
                     cpu_choose_kernels()->name, coverage->missing);
}

// Opens libtorch, with its CUDA part if tensors are on a GPU.
static struct runtime open_torch(const struct device *device)
{
    struct runtime runtime = runtime_open_torch();
    if (device != NULL) {
        char *file = find_library(CUDA_LIBRARY);
        load_library(file);
        free(file);
    }
    return runtime;
}

static struct runtime open_chosen(enum runtime_choice choice, const struct package *package,
                                  const struct device *device)
{
    if (choice == RUNTIME_TORCH) {
        struct runtime torch = open_torch(device);
        check_int4(&torch, package);
        return torch;
    }
    struct runtime_coverage coverage = runtime_examine(package);
    if (choice == RUNTIME_BUILTIN && coverage.missing_count > 0)
        die(STATUS_PACKAGE, "%s: builtin runtime: missing functions: %s",
            package->map.name, coverage.missing);
    bool is_covered = coverage.missing_count == 0;
    free(coverage.missing);
    if (is_covered)
        return open_builtin(package);
    struct runtime runtime = open_torch(device);
    runtime_use_operators(&runtime, package);
    return runtime;
}

struct runtime runtime_open(const struct runtime_options *options, const struct package *package,
                            const struct device *device)
{
    parallel_configure(options->threads);
    struct runtime runtime = open_chosen(options->choice, package, device);
    runtime.device = device;
    parallel_open();  // after libtorch, which brings its own libgomp
    return runtime;
}

static void collect_unbound(const char *symbol, void *context)
{
    struct buffer *missing = context;
    if (!starts_with(symbol, "aoti_torch") || dlsym(RTLD_DEFAULT, symbol) != NULL)
        return;
    buffer_append(missing, " ", 1);
    buffer_append(missing, symbol, strlen(symbol));
}

static void bind(const struct runtime *runtime, struct shared_object *object,
                 const struct own_function *function)
{
    if (function->is_operator ? !runtime->binds_operators : !runtime->binds_tensors)
        return;
    char *name = own_name(function);
    shared_object_rename_undefined(object, function->name, name);
    free(name);
}

void runtime_bind(const struct runtime *runtime, struct shared_object *object)
{
    const struct own_function *function;
    for (size_t i = 0; (function = own_function(i)) != NULL; i++)
        bind(runtime, object, function);
    for (size_t i = 0; (function = gpu_function(i)) != NULL; i++)
        bind(runtime, object, function);
    struct buffer missing = {0};
    shared_object_each_undefined(object, collect_unbound, &missing);
    if (missing.size > 0)
        die(STATUS_PACKAGE, "%s: %s runtime %u.%u: missing functions:%.*s",
            object->name, runtime->name, (unsigned)(runtime->version >> 56),
            (unsigned)(runtime->version >> 48 & 0xff), (int)missing.size, missing.data);
    buffer_free(&missing);
}

tensor_handle runtime_tensor(const struct runtime *runtime, void *data, enum torch_dtype dtype,
                             int64_t dimensions, const int64_t *sizes)
{
    int64_t strides[DIMENSIONS_MAX];
    int64_t stride = 1;
    if (dimensions > DIMENSIONS_MAX)
        die(STATUS_PACKAGE, "tensor has %lld dimensions, expected at most %d",
            (long long)dimensions, DIMENSIONS_MAX);
    for (int64_t i = dimensions; i-- > 0;) {
        strides[i] = stride;
        stride *= sizes[i];
    }
    tensor_handle tensor;
    const struct device *device = runtime->device;
    int32_t type = device != NULL ? device->type : TORCH_DEVICE_CPU;
    int32_t index = device != NULL ? device->index : 0;
    if (runtime->create_tensor_from_blob_v2(data, dimensions, sizes, strides, 0, (int32_t)dtype,
                                            type, index, &tensor, TORCH_LAYOUT_STRIDED, NULL, 0)
        != 0)
        die(STATUS_FAILURE, "cannot create a tensor");
    return tensor;
}
