// SPDX-License-Identifier: BSD-2-Clause
// The GPU that a package was built for, if any.

#ifndef AOTI_MODEL_DEVICE_H
#define AOTI_MODEL_DEVICE_H

#include <stddef.h>
#include <stdint.h>

#include "model/package.h"

// A GPU. Its memory is freed when the process ends.
struct device {
    int32_t type, index;  // values of torch_abi.h
    void *stream;         // graphs run on this stream
    void *(*allocate)(size_t bytes);
    void (*write)(void *to, const void *from, size_t bytes);
    void (*read)(void *to, const void *from, size_t bytes);
    void (*upload)(void *to, const void *from, size_t bytes);  // fast for large blocks
    void (*wait)(void);  // for all work; dies with STATUS_DEVICE if any failed
};

enum { DEVICE_OF_PACKAGE = -1 };

// Starts opening GPU number INDEX, or the first one, for PACKAGE and returns at once. Does nothing
// for CPU packages. Dies with STATUS_USAGE if an index is given for a CPU package, and with
// STATUS_DEVICE if built without CUDA.
void device_begin(const struct package *package, int64_t index);

// Waits until the device is open. Returns NULL for the CPU. Dies with STATUS_DEVICE if the driver
// or the GPU is missing, or free memory does not suffice, and with STATUS_PACKAGE if the package
// needs another compute capability.
const struct device *device_open(const struct package *package);

#endif
