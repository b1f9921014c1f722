// SPDX-License-Identifier: BSD-2-Clause

#include "config.h"

#include "runtime/plain.h"

static bool is_integer(enum torch_dtype dtype)
{
    return dtype == TORCH_INT64 || dtype == TORCH_INT32;
}

bool plain_takes(const struct view *out, const struct view *left, const struct view *right)
{
    return (out->dtype == TORCH_FLOAT64 || is_integer(out->dtype))
           && left->dtype == out->dtype && right->dtype == out->dtype;
}

static int64_t index_of(const struct matrix *matrix, int64_t row, int64_t column)
{
    return row * matrix->row_stride + column * matrix->column_stride;
}

static double sum_float64(const struct product *p, int64_t row, int64_t column)
{
    const double *left = p->left.data, *right = p->right.data;
    double sum = 0;
    for (int64_t k = 0; k < p->inner; k++)
        sum += left[index_of(&p->left, row, k)] * right[index_of(&p->right, k, column)];
    return sum;
}

static uint64_t integer_at(const struct matrix *matrix, int64_t row, int64_t column)
{
    int64_t index = index_of(matrix, row, column);
    return matrix->dtype == TORCH_INT64 ? (uint64_t)((const int64_t *)matrix->data)[index]
                                        : (uint64_t)((const int32_t *)matrix->data)[index];
}

static uint64_t sum_integers(const struct product *p, int64_t row, int64_t column)
{
    uint64_t sum = 0;
    for (int64_t k = 0; k < p->inner; k++)
        sum += integer_at(&p->left, row, k) * integer_at(&p->right, k, column);
    return sum;
}

void plain_product(const struct product *p)
{
    for (int64_t row = 0; row < p->rows; row++)
        for (int64_t column = 0; column < p->columns; column++) {
            int64_t index = index_of(&p->result, row, column);
            if (p->result.dtype == TORCH_FLOAT64)
                ((double *)p->result.data)[index] = sum_float64(p, row, column);
            else if (p->result.dtype == TORCH_INT64)
                ((int64_t *)p->result.data)[index] = (int64_t)sum_integers(p, row, column);
            else
                ((int32_t *)p->result.data)[index] = (int32_t)sum_integers(p, row, column);
        }
}
