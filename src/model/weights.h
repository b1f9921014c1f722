// SPDX-License-Identifier: BSD-2-Clause
// The weights of a cached package: one member in the safetensors layout, mapped.

#ifndef AOTI_MODEL_WEIGHTS_H
#define AOTI_MODEL_WEIGHTS_H

#include "model/package.h"
#include "model/runtime.h"

struct weights;

// Reads the directory of PACKAGE's weights; their bytes stay in the map. PACKAGE and RUNTIME are
// lent and must outlive the weights. Ends with STATUS_PACKAGE where they are damaged or not what
// the metadata says that the graphs want.
struct weights *weights_open(const struct package *package, const struct runtime *runtime);

// Copies them to the runtime's device, which is not the CPU.
void weights_upload(struct weights *weights);

// The tensor NAME, which must be of DTYPE and SIZE bytes. It stays the weights'. A
// graph_look_up_constant with CONTEXT a struct weights. Ends with STATUS_PACKAGE, naming both
// sides, where the weights do not have it so.
tensor_handle weights_look_up(const char *name, enum torch_dtype dtype, size_t size,
                              void *context);

// How many bytes of weights there are.
size_t weights_size(const struct weights *weights);

void weights_close(struct weights *weights);

#endif
