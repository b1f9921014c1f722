// SPDX-License-Identifier: BSD-2-Clause
// Pairs of bfloat16, two elements of the inner dimension, the first in the low bits, as VDPBF16PS,
// TDPBF16PS, BFDOT and BFMMLA multiply them. 8-bit integers are exact in bfloat16.

#ifndef AOTI_RUNTIME_PAIRS_H
#define AOTI_RUNTIME_PAIRS_H

#include DOTS
#include "runtime/finish.h"
#include "runtime/vector.h"

// Copies COUNT pairs of SOURCE elements, STRIDE apart. After ELEMENTS elements, zeros follow.
static inline void copy_pairs(uint32_t *pairs, int64_t count, const uint16_t *source,
                              int64_t stride, int64_t elements)
{
    if (stride == 1 && elements >= 2 * count) {
        memcpy(pairs, source, (size_t)count * sizeof *pairs);
        return;
    }
    for (int64_t i = 0; i < count; i++) {
        uint32_t low = 2 * i < elements ? source[2 * i * stride] : 0;
        uint32_t high = 2 * i + 1 < elements ? source[(2 * i + 1) * stride] : 0;
        pairs[i] = high << 16 | low;
    }
}

// Like copy_pairs(), from 8-bit integers.
static inline void convert_pairs(uint32_t *pairs, int64_t count, const int8_t *source,
                                 int64_t stride, int64_t elements)
{
    int64_t i = 0;
    if (stride == 1)
        for (; i + LANES <= count && 2 * (i + LANES) <= elements; i += LANES)
            dot_store_int8(pairs + i, source + 2 * i);
    for (; i < count; i++) {
        uint16_t pair[2] = {0, 0};
        for (int64_t j = 0; j < 2 && 2 * i + j < elements; j++)
            element_from_float(TORCH_BFLOAT16, pair, j, source[(2 * i + j) * stride]);
        memcpy(pairs + i, pair, sizeof pair);
    }
}

// Copies COUNT pairs of row ROW of the left side from pair FIRST on.
static inline void copy_row_pairs(const struct product *p, int64_t row, int64_t first,
                                  int64_t count, uint32_t *pairs)
{
    copy_pairs(pairs, count, matrix_at(&p->left, row, 2 * first), p->left.column_stride,
               p->inner - 2 * first);
}

// Likewise for column COLUMN of a right side of 16-bit or 8-bit elements.
static inline void copy_column_pairs(const struct product *p, int64_t column, int64_t first,
                                     int64_t count, uint32_t *pairs)
{
    const struct matrix *right = &p->right;
    const void *source = matrix_at(right, 2 * first, column);
    if (right->dtype == TORCH_INT8)
        convert_pairs(pairs, count, source, right->row_stride, p->inner - 2 * first);
    else
        copy_pairs(pairs, count, source, right->row_stride, p->inner - 2 * first);
}

#endif
