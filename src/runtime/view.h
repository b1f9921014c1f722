// SPDX-License-Identifier: BSD-2-Clause
// The view of a tensor that operators work on.

#ifndef AOTI_RUNTIME_VIEW_H
#define AOTI_RUNTIME_VIEW_H

#include <stdbool.h>

#include "runtime/operators.h"

enum { VIEW_DIMENSIONS_MAX = 16 };  // of tensors made by operators

struct view {
    char *data;
    int64_t dimensions;
    const int64_t *sizes, *strides;  // owned by the tensor
    enum torch_dtype dtype;
};

// Reads all properties of TENSOR. Returns false if one cannot be read.
bool view_read(const struct operator_environment *environment, tensor_handle tensor,
               struct view *view);

// Returns the last two dimensions as a matrix; of three dimensions, element INDEX of the first.
struct matrix view_matrix(const struct view *view, int64_t index);

// Views the tensor as [batch, head, row, column] of SIZES. Missing dimensions and those of size 1
// are broadcast. Returns false if that is impossible.
bool view_cube(const struct view *view, const int64_t sizes[4], struct cube *cube);

// Computes the strides of a tensor without gaps whose dimensions have the same order in memory, as
// torch.empty_like() does. At most VIEW_DIMENSIONS_MAX dimensions.
void view_dense_strides(const struct view *view, int64_t *strides);

// Returns true if the elements are stored row by row without gaps.
bool view_is_dense(const struct view *view);

// Returns true if the type is float32, bfloat16 or float16.
bool view_is_float(const struct view *view);

#endif
