// SPDX-License-Identifier: BSD-2-Clause
// Tensors of a real libtorch with random values, sizes and layouts.

#ifndef AOTI_ORACLE_TORCH_TENSORS_H
#define AOTI_ORACLE_TORCH_TENSORS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/runtime.h"

extern struct runtime libtorch;
void open_libtorch(void);

void draw_from(uint64_t seed);
uint64_t draw(void);
int64_t between(int64_t low, int64_t high);
bool chance(int of);  // true once in OF calls
enum torch_dtype float_dtype(void);

// The properties of a tensor, and the memory that it was made over.
struct tensor {
    tensor_handle handle;
    void *memory;  // NULL: owned by libtorch
    char *data;
    int64_t dimensions, *sizes, *strides;
    int32_t dtype;
};

struct tensor look_at(tensor_handle handle);
void drop(struct tensor *tensors, size_t count);

// Makes a tensor over its own memory, with dimensions in this ORDER, the outermost first, and up to
// GAP elements between them. Its first element is at a random place that its type allows, both in
// the memory and in the storage.
struct tensor make_tensor(int64_t dimensions, const int64_t *sizes, enum torch_dtype dtype,
                          const int *order, int64_t gap);
extern const int in_order[];
struct tensor make_dense(int64_t dimensions, const int64_t *sizes, enum torch_dtype dtype);

// Makes matrices, one or as many as the first size: row-major or column-major, with gaps or
// without.
struct tensor make_matrices(int64_t dimensions, const int64_t *sizes, enum torch_dtype dtype);

// Copies the dense values to aligned memory: the int8 operator of torch 2.9 needs more alignment
// than it checks, and crashes.
struct tensor aligned_copy(const struct tensor *t);

// A view of the matrix that repeats its first row.
struct tensor expand_row(const struct tensor *matrix, int64_t rows);

int64_t count_of(const struct tensor *t);

// Returns the offset and value of element INDEX, counted row by row.
int64_t place_of(const struct tensor *t, int64_t index);
float get(const struct tensor *t, int64_t index);

// Makes one element NaN or infinite, in a quarter of all calls.
void spoil(const struct tensor *t);

#endif
