// SPDX-License-Identifier: BSD-2-Clause

#include "config.h"

#include "runtime/view.h"

#include "runtime/convert.h"

bool view_read(const struct operator_environment *environment, tensor_handle tensor,
               struct view *view)
{
    void *data;
    int64_t *sizes, *strides;
    int32_t dtype;
    if (environment->get_data_ptr(tensor, &data) != 0
        || environment->get_dim(tensor, &view->dimensions) != 0
        || environment->get_sizes(tensor, &sizes) != 0
        || environment->get_strides(tensor, &strides) != 0
        || environment->get_dtype(tensor, &dtype) != 0)
        return false;
    view->data = data;
    view->sizes = sizes;
    view->strides = strides;
    view->dtype = (enum torch_dtype)dtype;
    return true;
}

struct matrix view_matrix(const struct view *view, int64_t index)
{
    int64_t last = view->dimensions - 1;
    int64_t offset = last >= 2 ? index * view->strides[0] : 0;
    return (struct matrix){
        .data = view->data + offset * (int64_t)element_size(view->dtype),
        .row_stride = last >= 1 && view->sizes[last - 1] != 1 ? view->strides[last - 1] : 0,
        .column_stride = view->sizes[last] != 1 ? view->strides[last] : 1,
        .dtype = view->dtype,
    };
}

bool view_cube(const struct view *view, const int64_t sizes[4], struct cube *cube)
{
    int64_t missing = 4 - view->dimensions;
    *cube = (struct cube){.data = view->data, .dtype = view->dtype};
    if (missing < 0)
        return false;
    for (int64_t i = missing; i < 4; i++) {
        int64_t size = view->sizes[i - missing];
        if (size != sizes[i] && size != 1)
            return false;
        cube->strides[i] = size == 1 ? 0 : view->strides[i - missing];
    }
    return true;
}

// Returns true if dimension I of VIEW lies inside dimension J, that is, has the smaller stride.
static bool is_inside(const struct view *view, int64_t i, int64_t j)
{
    if (view->strides[i] != view->strides[j] && view->strides[i] != 0 && view->strides[j] != 0)
        return view->strides[i] < view->strides[j];
    return i > j;
}

void view_dense_strides(const struct view *view, int64_t *strides)
{
    for (int64_t i = 0; i < view->dimensions; i++) {
        strides[i] = 1;
        for (int64_t j = 0; j < view->dimensions; j++)
            if (j != i && is_inside(view, j, i))
                strides[i] *= view->sizes[j];
    }
}

bool view_is_dense(const struct view *view)
{
    int64_t stride = 1;
    for (int64_t i = view->dimensions; i-- > 0; stride *= view->sizes[i])
        if (view->sizes[i] != 1 && view->strides[i] != stride)
            return false;
    return true;
}

bool view_is_float(const struct view *view)
{
    return view->dtype == TORCH_FLOAT32 || view->dtype == TORCH_BFLOAT16
           || view->dtype == TORCH_FLOAT16;
}
