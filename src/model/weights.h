// SPDX-License-Identifier: BSD-2-Clause
// The weights of a cached package: one member in the safetensors format, mapped.

#ifndef AOTI_MODEL_WEIGHTS_H
#define AOTI_MODEL_WEIGHTS_H

#include "model/package.h"
#include "model/runtime.h"

struct weights;

// Reads the directory of PACKAGE's weights; the data stays in the map. PACKAGE and RUNTIME must
// outlive the weights. Dies with STATUS_PACKAGE if the weights are damaged or differ from what the
// metadata says the graphs need.
struct weights *weights_open(const struct package *package, const struct runtime *runtime);

// Copies the weights to the runtime's device, which is not the CPU.
void weights_upload(struct weights *weights);

// Returns the tensor NAME, which must have DTYPE and SIZE bytes; it is owned by the weights. A
// graph_look_up_constant with CONTEXT a struct weights. Dies with STATUS_PACKAGE on a mismatch.
tensor_handle weights_look_up(const char *name, enum torch_dtype dtype, size_t size,
                              void *context);

// Returns the size of all weights in bytes.
size_t weights_size(const struct weights *weights);

void weights_close(struct weights *weights);

#endif
