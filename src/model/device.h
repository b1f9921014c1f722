// SPDX-License-Identifier: BSD-2-Clause
// The device that a package was built for, if it is not the CPU.

#ifndef AOTI_MODEL_DEVICE_H
#define AOTI_MODEL_DEVICE_H

#include <stddef.h>
#include <stdint.h>

#include "model/package.h"

// A GPU as the rest sees it. Memory is given back when the process ends.
struct device {
    int32_t type, index;  // as in torch_abi.h
    void *stream;         // that graphs are run on
    void *(*allocate)(size_t bytes);
    void (*write)(void *to, const void *from, size_t bytes);
    void (*read)(void *to, const void *from, size_t bytes);
    void (*upload)(void *to, const void *from, size_t bytes);  // fast, of much
    void (*wait)(void);  // for all work; ends with STATUS_DEVICE where it failed
};

enum { DEVICE_OF_PACKAGE = -1 };

// Begins to open GPU number INDEX, or the first, for PACKAGE, which returns at once; does nothing
// for a package for the CPU. Ends with STATUS_USAGE where an index is given for such a one, and
// with STATUS_DEVICE where this program was built without CUDA.
void device_begin(const struct package *package, int64_t index);

// Waits until the device is open; NULL is the CPU. Ends with STATUS_DEVICE where there is no driver,
// no such GPU, or not enough of its memory is free, and with STATUS_PACKAGE where the package is
// for GPUs of another compute capability.
const struct device *device_open(const struct package *package);

#endif
