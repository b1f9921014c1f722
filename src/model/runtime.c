// SPDX-License-Identifier: BSD-2-Clause

#include "config.h"

#include "model/runtime.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/diagnostics.h"
#include "common/memory.h"

#define LIBRARY "libtorch_cpu.so"

enum {
    OLDEST_MAJOR = 2,
    OLDEST_MINOR = 9,
    DIMENSIONS_MAX = 8,
};

// The library's file below FOLDER, which may be a torch folder or its lib folder; the caller's.
static char *library_below(const char *folder)
{
    char *file = xasprintf("%s/lib/" LIBRARY, folder);
    if (access(file, F_OK) == 0)
        return file;
    free(file);
    return xasprintf("%s/" LIBRARY, folder);
}

// Where libtorch is to be loaded from: a path, or a bare name that the system's loader looks up.
static char *find_library(void)
{
    const char *folder = getenv("AOTI_LIBTORCH");
    if (folder == NULL || *folder == '\0')
        folder = DEFAULT_LIBTORCH;
    return *folder != '\0' ? library_below(folder) : xstrdup(LIBRARY);
}

static void *required(void *library, const char *file, const char *symbol)
{
    void *function = dlsym(library, symbol);
    if (function == NULL)
        die(STATUS_FAILURE, "%s: too old: it has no %s; torch %d.%d or newer is needed", file,
            symbol, OLDEST_MAJOR, OLDEST_MINOR);
    return function;
}

static void check_version(const char *file, uint64_t version)
{
    unsigned major = (unsigned)(version >> 56), minor = (unsigned)(version >> 48 & 0xff);
    if (major < OLDEST_MAJOR || (major == OLDEST_MAJOR && minor < OLDEST_MINOR))
        die(STATUS_FAILURE, "%s: too old: it is torch %u.%u; %d.%d or newer is needed", file, major,
            minor, OLDEST_MAJOR, OLDEST_MINOR);
}

struct runtime runtime_open_torch(void)
{
    char *file = find_library();
    void *library = dlopen(file, RTLD_NOW | RTLD_GLOBAL);
    if (library == NULL)
        die(STATUS_FAILURE,
            "%s: cannot load libtorch: %s (AOTI_LIBTORCH names the folder that holds it)", file,
            dlerror());
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

static void collect_missing(const char *symbol, void *context)
{
    struct buffer *missing = context;
    if (strncmp(symbol, "aoti_torch", strlen("aoti_torch")) != 0
        || dlsym(RTLD_DEFAULT, symbol) != NULL)
        return;
    buffer_append(missing, " ", 1);
    buffer_append(missing, symbol, strlen(symbol));
}

void runtime_check_symbols(const struct runtime *runtime, const struct shared_object *object)
{
    struct buffer missing = {0};
    shared_object_each_undefined(object, collect_missing, &missing);
    if (missing.size > 0)
        die(STATUS_PACKAGE, "%s: runtime '%s' (%u.%u) lacks functions that it wants:%.*s",
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
        die(STATUS_PACKAGE, "a tensor of %lld dimensions", (long long)dimensions);
    for (int64_t i = dimensions; i-- > 0;) {
        strides[i] = stride;
        stride *= sizes[i];
    }
    tensor_handle tensor;
    if (runtime->create_tensor_from_blob_v2(data, dimensions, sizes, strides, 0, (int32_t)dtype,
                                            TORCH_DEVICE_CPU, 0, &tensor, TORCH_LAYOUT_STRIDED,
                                            NULL, 0)
        != 0)
        die(STATUS_FAILURE, "the runtime made no tensor");
    return tensor;
}
