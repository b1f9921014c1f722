// SPDX-License-Identifier: BSD-2-Clause
// The computation of graphs for the CPU, on the stub's tensors.

#include "stub.h"

#include <stdlib.h>

static tensor_handle new_logits(int64_t rows)
{
    int64_t sizes[] = {1, rows, STUB_VOCABULARY};
    int64_t strides[] = {rows * STUB_VOCABULARY, STUB_VOCABULARY, 1};
    int first = STUB_CACHED;  // cached graphs return [1, V]
    tensor_handle tensor = NULL;
    sizes[first] = 1;
    float *data = calloc((size_t)rows * STUB_VOCABULARY, sizeof *data);
    if (data != NULL)
        aoti_torch_create_tensor_from_blob_v2(data, 3 - first, sizes + first, strides + first, 0,
                                              STUB_FLOAT32, 0, 0, &tensor, 0, NULL, 0);
    if (tensor != NULL)
        tensor->owned = true;
    return tensor;
}

void stub_begin(void)
{
    aoti_torch_only_the_stub_has_it();
}

tensor_handle stub_compute(tensor_handle *inputs, bool numbers, void *stream)
{
    (void)stream;
    const int64_t *ids = inputs[0]->data, *positions = inputs[1]->data;
    int64_t count = inputs[0]->sizes[1];
    tensor_handle output = new_logits(STUB_CACHED ? 1 : count);
    if (output == NULL)
        return NULL;
    float *row = output->data;
    for (int64_t i = STUB_CACHED ? count - 1 : 0; i < count; i++, row += STUB_VOCABULARY)
        stub_fill_row(row, ids[i], STUB_CACHED ? positions[i] : i, numbers);
    return output;
}
