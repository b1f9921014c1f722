// SPDX-License-Identifier: BSD-2-Clause
// The end of a product: scales, adds the addend and rounds to the type of the result.

#ifndef AOTI_RUNTIME_FINISH_H
#define AOTI_RUNTIME_FINISH_H

#include "runtime/convert.h"
#include "runtime/kernels.h"
#include "runtime/vector.h"

INLINE void *matrix_at(const struct matrix *matrix, int64_t row, int64_t column)
{
    int64_t index = row * matrix->row_stride + column * matrix->column_stride;
    return (char *)matrix->data + index * (int64_t)element_size(matrix->dtype);
}

INLINE void *cube_at(const struct cube *cube, int64_t i, int64_t j, int64_t k, int64_t l)
{
    const int64_t *strides = cube->strides;
    int64_t index = i * strides[0] + j * strides[1] + k * strides[2] + l * strides[3];
    return (char *)cube->data + index * (int64_t)element_size(cube->dtype);
}

// Prefetches COUNT columns of RIGHT from COLUMN on, STEPS steps from FIRST on. Hardware prefetchers
// do not predict this access.
INLINE void prefetch_columns(const struct matrix *right, int64_t column, int64_t count,
                                    int64_t first, int64_t steps)
{
    if (right->row_stride != 1)
        return;
    int64_t bytes = steps * (int64_t)element_size(right->dtype);
    for (int64_t j = 0; j < count; j++) {
        const char *data = matrix_at(right, first, column + j);
        for (int64_t i = 0; i < bytes; i += CACHE_LINE)
            __builtin_prefetch(data + i, 0, 2);
    }
}

// Returns true if rows of MATRIX can be read and written as vectors.
INLINE bool matrix_is_plain(const struct matrix *matrix)
{
    return matrix->column_stride == 1 && matrix->dtype != TORCH_FLOAT16;
}

INLINE float finish_element(const struct product *p, int64_t row, int64_t column, float sum)
{
    sum *= p->alpha;
    if (p->column_scales.data != NULL)
        sum *= element_to_float(p->column_scales.dtype, matrix_at(&p->column_scales, 0, column),
                                0);
    if (p->addend.data != NULL)
        sum += p->beta
               * element_to_float(p->addend.dtype, matrix_at(&p->addend, row, column), 0);
    return sum;
}

INLINE int64_t finish_vectors(const struct product *p, int64_t row, int64_t begin, int64_t count,
                              const float *sums)
{
    int64_t i = 0;
    for (; i + LANES <= count; i += LANES) {
        vector sum = vector_load(sums + i) * p->alpha;
        if (p->column_scales.data != NULL)
            sum *= vector_load_as(p->column_scales.dtype,
                                  matrix_at(&p->column_scales, 0, begin + i));
        if (p->addend.data != NULL)
            sum += p->beta
                   * vector_load_as(p->addend.dtype, matrix_at(&p->addend, row, begin + i));
        void *result = matrix_at(&p->result, row, begin + i);
        if (p->result.dtype == TORCH_BFLOAT16)
            vector_store_bfloat16(result, sum);
        else
            vector_store(result, sum);
    }
    return i;
}

// Stores COUNT columns of ROW from column BEGIN on.
static inline void finish_row(const struct product *p, int64_t row, int64_t begin, int64_t count,
                              const float *sums)
{
    bool plain = matrix_is_plain(&p->result)
                 && (p->addend.data == NULL || matrix_is_plain(&p->addend))
                 && (p->column_scales.data == NULL || matrix_is_plain(&p->column_scales));
    int64_t i = plain ? finish_vectors(p, row, begin, count, sums) : 0;
    for (; i < count; i++)
        element_from_float(p->result.dtype, matrix_at(&p->result, row, begin + i), 0,
                           finish_element(p, row, begin + i, sums[i]));
}

#endif
