// SPDX-License-Identifier: BSD-2-Clause
// What an operator sees of a tensor.

#ifndef AOTI_RUNTIME_VIEW_H
#define AOTI_RUNTIME_VIEW_H

#include <stdbool.h>

#include "runtime/operators.h"

enum { VIEW_DIMENSIONS_MAX = 16 };  // of a tensor that we make

struct view {
    char *data;
    int64_t dimensions;
    const int64_t *sizes, *strides;  // lent by the tensor
    enum torch_dtype dtype;
};

// Whether TENSOR could be asked for all of it.
bool view_read(const struct operator_environment *environment, tensor_handle tensor,
               struct view *view);

// The last two dimensions as a matrix, element INDEX of the first where there are three.
struct matrix view_matrix(const struct view *view, int64_t index);

// As [batch, head, row, column], of sizes SIZES: dimensions that are missing or of size 1 are
// broadcast. False where the view cannot be that.
bool view_cube(const struct view *view, const int64_t sizes[4], struct cube *cube);

// The strides of a tensor without gaps whose dimensions have the same order in memory, as
// torch.empty_like has them. At most VIEW_DIMENSIONS_MAX dimensions.
void view_dense_strides(const struct view *view, int64_t *strides);

// Whether its elements lie row by row without gaps.
bool view_is_dense(const struct view *view);

// Whether it is float32, bfloat16 or float16.
bool view_is_float(const struct view *view);

#endif
