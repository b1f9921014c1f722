// SPDX-License-Identifier: BSD-2-Clause
// The computation of the cached graph for the stub GPU: allocates a tensor and launches a kernel by
// the functions that graphs call, without reading any value itself.

#include "stub.h"

enum { CUDA = 1 };

int32_t aoti_torch_empty_strided(int64_t dimensions, const int64_t *sizes, const int64_t *strides,
                                 int32_t dtype, int32_t device_type, int32_t device_index,
                                 tensor_handle *result);
int32_t aoti_torch_get_data_ptr(tensor_handle tensor, void **data);
int32_t aoti_torch_get_sizes(tensor_handle tensor, int64_t **sizes);
int cuLaunchKernel(const void *function, unsigned grid_x, unsigned grid_y, unsigned grid_z,
                   unsigned block_x, unsigned block_y, unsigned block_z, unsigned shared_bytes,
                   void *stream, void **arguments, void **extra);

void stub_begin(void)
{
}

tensor_handle stub_compute(tensor_handle *inputs, bool numbers, void *stream)
{
    const int64_t sizes[] = {1, STUB_VOCABULARY}, strides[] = {STUB_VOCABULARY, 1};
    void *ids, *positions, *logits;
    int64_t *shape;
    tensor_handle output;
    if (aoti_torch_get_data_ptr(inputs[0], &ids) != 0
        || aoti_torch_get_data_ptr(inputs[1], &positions) != 0
        || aoti_torch_get_sizes(inputs[0], &shape) != 0
        || aoti_torch_empty_strided(2, sizes, strides, STUB_FLOAT32, CUDA, 0, &output) != 0
        || aoti_torch_get_data_ptr(output, &logits) != 0)
        return NULL;
    void *arguments[] = {&ids, &positions, &logits, &shape[1], &numbers};
    cuLaunchKernel(&stub_logits, 1, 1, 1, 1, 1, 1, 0, stream, arguments, NULL);
    return output;
}
