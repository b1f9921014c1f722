// SPDX-License-Identifier: BSD-2-Clause
// The stand-in's tensor, which libtorch hides and our own graphs may look into.

#ifndef AOTI_TESTS_STUB_H
#define AOTI_TESTS_STUB_H

#include <stdbool.h>
#include <stdint.h>

enum { STUB_VOCABULARY = 64, STUB_DIMENSIONS = 8, STUB_FLOAT32 = 6 };

struct AtenTensorOpaque {
    void *data;
    bool owned;
    int64_t dimensions, sizes[STUB_DIMENSIONS], strides[STUB_DIMENSIONS];
    int32_t dtype;
};
typedef struct AtenTensorOpaque *tensor_handle;

// aoti_torch_*, under their real names.
int32_t aoti_torch_create_tensor_from_blob_v2(void *data, int64_t dimensions, const int64_t *sizes,
                                              const int64_t *strides, int64_t offset,
                                              int32_t dtype, int32_t device_type,
                                              int32_t device_index, tensor_handle *result,
                                              int32_t layout, const uint8_t *metadata,
                                              int64_t metadata_size);
int32_t aoti_torch_delete_tensor_object(tensor_handle tensor);

// Nobody else has it: a graph that looks into the stand-in's tensors must not be given others.
void aoti_torch_only_the_stub_has_it(void);

#endif
