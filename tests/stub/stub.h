// SPDX-License-Identifier: BSD-2-Clause
// The stub's tensor, which libtorch would hide and the stub graphs may look into.

#ifndef AOTI_TESTS_STUB_H
#define AOTI_TESTS_STUB_H

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
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

// ---- Graphs ----

// After id I at position P comes (3 * I + P + 1) mod 64. Without NUMBERS, the row is NaN.
static inline void stub_fill_row(float *row, int64_t id, int64_t position, bool numbers)
{
    for (int i = 0; i < STUB_VOCABULARY; i++)
        row[i] = numbers ? (float)-i / 16 : NAN;
    if (numbers)
        row[(3 * id + position + 1) % STUB_VOCABULARY] = 10;
}

// Called when a graph is opened.
void stub_begin(void);

// Returns the logits for a graph's inputs, a new tensor.
tensor_handle stub_compute(tensor_handle *inputs, bool numbers, void *stream);

// ---- Kernels of the stub driver ----

struct stub_launch {
    unsigned grid[2], threads, shared_bytes, cluster;  // blocks that run at once
};

// A kernel as the stub driver sees it. It has as many arguments as nonzero sizes.
struct stub_kernel {
    void (*run)(const struct stub_kernel *kernel, const struct stub_launch *launch,
                void **arguments);
    size_t bytes[5];
};

// A CUtensorMap of bytes, as made by the stub driver.
struct stub_map {
    const unsigned char *data;
    uint64_t sizes[2], pitch;
    uint32_t box[2];
};

// Returns the kernel NAME, or NULL.
const struct stub_kernel *stub_find_kernel(const char *name);

// The kernel of the stub graph: ids, positions, logits, count, whether to write numbers.
extern const struct stub_kernel stub_logits;

// Only the stub has this function, so that a graph that looks into its tensors gets no others.
void aoti_torch_only_the_stub_has_it(void);

#endif
