// SPDX-License-Identifier: BSD-2-Clause
// Tensors of a real libtorch, of numbers, sizes and layouts of chance.

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
bool chance(int of);  // one in OF
enum torch_dtype float_dtype(void);

// What a tensor looks like from outside, and the memory that it was made over.
struct tensor {
    tensor_handle handle;
    void *memory;  // NULL: libtorch's own
    char *data;
    int64_t dimensions, *sizes, *strides;
    int32_t dtype;
};

struct tensor look_at(tensor_handle handle);
void drop(struct tensor *tensors, size_t count);

// Over memory of its own whose dimensions lie in this ORDER, the outermost first, with up to GAP
// elements between them. Its first element is at any place that its type allows: of the memory, and
// of the storage.
struct tensor make_tensor(int64_t dimensions, const int64_t *sizes, enum torch_dtype dtype,
                          const int *order, int64_t gap);
extern const int in_order[];
struct tensor make_dense(int64_t dimensions, const int64_t *sizes, enum torch_dtype dtype);

// Matrices, one or as many as the first size tells: either way round, with gaps or without.
struct tensor make_matrices(int64_t dimensions, const int64_t *sizes, enum torch_dtype dtype);

// The same dense numbers where libtorch may load them as it likes: 2.9's int8 operator wants more
// of their address than it asks for, and dies.
struct tensor aligned_copy(const struct tensor *t);

// A view of the matrix that has its first row for all.
struct tensor expand_row(const struct tensor *matrix, int64_t rows);

int64_t count_of(const struct tensor *t);

// Where element INDEX, counted row by row, lies, and what it is.
int64_t place_of(const struct tensor *t, int64_t index);
float get(const struct tensor *t, int64_t index);

// One element in a tensor of four becomes no number, or infinite.
void spoil(const struct tensor *t);

#endif
