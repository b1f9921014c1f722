// SPDX-License-Identifier: BSD-2-Clause
// Devices in builds without CUDA: only the CPU.

#include "config.h"

#include <string.h>

#include "common/diagnostics.h"
#include "gpu/operators.h"
#include "model/device.h"
#include "model/model.h"

void device_begin(const struct package *package, int64_t index)
{
    if (strcmp(package->device, "cpu") != 0)
        die(STATUS_DEVICE, "%s: built for device %s, this program was built without CUDA",
            package->map.name, package->device);
    if (index != DEVICE_OF_PACKAGE)
        die_usage("--device: %s is for the CPU", package->map.name);
}

const struct device *device_open(const struct package *package)
{
    (void)package;
    return NULL;
}

struct model *cached_model_open_on(const struct device *device, const struct package *package,
                                   const struct model_options *options,
                                   struct statistics *statistics)
{
    (void)device;
    (void)package;
    (void)options;
    (void)statistics;
    die(STATUS_DEVICE, "this program was built without CUDA");
}

const struct own_function *gpu_function(size_t index)
{
    (void)index;
    return NULL;
}
