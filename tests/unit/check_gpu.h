// SPDX-License-Identifier: BSD-2-Clause
// Shared by the parts of check_gpu.

#ifndef AOTI_TESTS_CHECK_GPU_H
#define AOTI_TESTS_CHECK_GPU_H

#include <check.h>
#include <stdint.h>

#include "runtime/convert.h"
#include "runtime/own_tensors.h"

enum { DTYPES = 3 };
extern const enum torch_dtype dtypes[DTYPES];

// Tests do one SHARE-th of their work: the stand-in for a GPU runs one thread after the other.
extern int64_t share;

// A tensor on the GPU, and a copy of its elements on the host.
struct array {
    int64_t count;
    enum torch_dtype dtype;
    uint8_t *host;
    void *device;
    tensor_handle tensor;
};

// Makes a tensor of random elements. Free with free_array().
struct array array_of(enum torch_dtype dtype, int64_t dimensions, const int64_t *sizes,
                      const int64_t *strides);
void free_array(struct array *array);

// Elements of the copy on the host; update() writes all of it to the GPU.
void set(struct array *array, int64_t i, float value);
float get(const struct array *array, int64_t i);
void update(struct array *array);

// Returns a number from -1 to 1.
float random_value(void);

// Adds a case of one or two tests. CK_RUN_CASE=NAME runs it alone, under compute-sanitizer, say.
void add_case(Suite *suite, const char *name, const TTest *first, const TTest *second);

void add_rows(Suite *suite);
void add_picks(Suite *suite);

#endif
