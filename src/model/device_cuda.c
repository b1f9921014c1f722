// SPDX-License-Identifier: BSD-2-Clause

#include "config.h"

#include <stdio.h>
#include <string.h>

#include "common/diagnostics.h"
#include "gpu/gpu.h"
#include "gpu/operators.h"
#include "model/cached.h"
#include "model/device.h"
#include "runtime/torch_abi.h"

enum { ROOM = 256 << 20 };  // for intermediate results, kernels and the driver

static struct device device;

void device_begin(const struct package *package, int64_t index)
{
    bool is_cuda = strcmp(package->device, "cuda") == 0;
    if (!is_cuda && index != DEVICE_OF_PACKAGE)
        die_usage("--device: %s is for the CPU", package->map.name);
    if (!is_cuda)
        return;
    device.index = index == DEVICE_OF_PACKAGE ? 0 : (int32_t)index;
    gpu_open_begin((unsigned)device.index);
}

// Machine code for capability X.Y runs on X.Z if Z >= Y.
static void check_capability(const struct package *package, const struct gpu_description *gpu)
{
    const char *text = package->compute_capability;
    int major, minor;
    if (text == NULL)
        return;
    if (sscanf(text, "%d.%d", &major, &minor) != 2)
        die(STATUS_PACKAGE, "%s: invalid compute capability '%s'", package->map.name, text);
    if (major != gpu->capability_major || minor > gpu->capability_minor)
        die(STATUS_PACKAGE,
            "%s: built for compute capability %d.%d or a later minor version, but cuda:%d (%s) has"
            " %d.%d",
            package->map.name, major, minor, device.index, gpu->name, gpu->capability_major,
            gpu->capability_minor);
}

static void check_memory(const struct package *package, const struct gpu_description *gpu)
{
    size_t needed = ROOM;
    if (package->form == PACKAGE_CACHED) {
        struct cache_layout layout = cached_layout(package);
        needed += package->cache.weights->size + layout.count * layout.bytes;
    }
    for (size_t i = 0; i < package->graph_count; i++)
        needed += package->graphs[i].shared_object->size;
    if (needed > gpu->free_bytes)
        die(STATUS_DEVICE,
            "%s: needs %zu MB of GPU memory for weights, caches and results, but only %zu MB are"
            " free on cuda:%d (%s)",
            package->map.name, needed / 1000000, gpu->free_bytes / 1000000, device.index,
            gpu->name);
}

const struct device *device_open(const struct package *package)
{
    if (strcmp(package->device, "cuda") != 0)
        return NULL;
    gpu_open_end();
    struct gpu_description gpu = gpu_describe();
    check_capability(package, &gpu);
    check_memory(package, &gpu);
    gpu_use_tensors();
    if (package->launches_early)
        gpu_launch_early();
    device.type = TORCH_DEVICE_CUDA;
    device.stream = gpu_stream();
    device.allocate = gpu_allocate;
    device.write = gpu_write;
    device.read = gpu_read;
    device.upload = gpu_upload;
    device.wait = gpu_wait;
    return &device;
}
