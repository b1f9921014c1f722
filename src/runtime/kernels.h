// SPDX-License-Identifier: BSD-2-Clause
// The interface of the kernels of one CPU level. Every level computes each element of a result in
// an order that depends only on the shapes, so the number of threads does not change any bit.

#ifndef AOTI_RUNTIME_KERNELS_H
#define AOTI_RUNTIME_KERNELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "runtime/torch_abi.h"

enum {
    FEW_ROWS = 4,         // products with at most this many rows read the right side once, unpacked
    COLUMNS_A_TASK = 32,  // in products of more rows; a multiple of every level's tile
    SCRATCH_ALIGNMENT = 64,
};

// Element (i, j) is data[i * row_stride + j * column_stride], counted in elements of dtype.
struct matrix {
    void *data;  // NULL: no matrix
    int64_t row_stride, column_stride;
    enum torch_dtype dtype;
};

// Groups of 4-bit weights (see int4.h): a weight is (integer - 8) * scale + zero.
struct groups {
    int64_t size;   // steps of the inner dimension that share a scale and a zero
    int64_t block;  // columns per block
    const void *scales_and_zeros;  // [inner / size, columns, 2]
    enum torch_dtype dtype;
};

// result = alpha * scale(column) * (left * right) + beta * addend, accumulated in float32 or,
// within groups, in integers. Shapes: left [rows, inner], right [inner, columns], result and addend
// [rows, columns]. Types: float32, bfloat16, float16; right may also be int8, or uint8 for 4-bit
// weights.
struct product {
    int64_t rows, columns, inner;
    struct matrix left, right, result;
    struct matrix addend;         // data NULL: none
    struct matrix column_scales;  // [1, columns]; data NULL: all 1
    struct groups groups;         // if right has 4-bit weights
    float alpha, beta;
};

// One way to compute a product. The left side is packed once, one call for each of pack_count
// indices. Then each task computes some columns.
struct product_kernel {
    bool (*covers)(const struct product *product);
    size_t (*packed_bytes)(const struct product *product);
    int64_t (*pack_count)(const struct product *product);
    void (*pack)(const struct product *product, void *packed, int64_t index);
    int64_t (*task_columns)(const struct product *product);
    size_t (*scratch_bytes)(const struct product *product);
    // Computes columns [BEGIN, END), at most task_columns of them. SCRATCH is aligned to
    // SCRATCH_ALIGNMENT and private to the call.
    void (*compute)(const struct product *product, const void *packed, int64_t begin, int64_t end,
                    void *scratch);
};

// A tensor of four dimensions. Strides count elements; 0 broadcasts a dimension.
struct cube {
    void *data;  // NULL: no tensor
    int64_t strides[4];
    enum torch_dtype dtype;
};

// result = softmax(scale * query key^T + mask) value. Shapes: query and result [batches, heads,
// rows, width], key and value [batches, heads / group, keys, width], log-sum-exp float32 [batches,
// heads, rows, 1]. With causal, query i sees keys 0 to i. A row that sees nothing becomes 0. Values
// that no row sees do not matter, even if they are NaN.
struct attention {
    int64_t batches, heads, group, rows, keys, width;
    struct cube query, key, value, mask, result, log_sum_exp;
    float scale;
    bool causal;
};

struct attention_kernel {
    bool (*covers)(const struct attention *attention);
    int64_t rows_a_task;
    size_t (*scratch_bytes)(const struct attention *attention);
    // Computes the rows [FIRST, FIRST + rows_a_task), or to the end, of one head.
    void (*compute)(const struct attention *attention, int64_t batch, int64_t head, int64_t first,
                    void *scratch);
};

struct kernels {
    const char *name;
    // The first kernel that covers a product or attention is used; the last one covers all.
    const struct product_kernel *const *products;
    const struct attention_kernel *const *attentions;
};

extern const struct kernels kernels_portable, kernels_avx2, kernels_avx512, kernels_avx512bf16,
    kernels_avx512vnni, kernels_amx, kernels_neon, kernels_dotprod, kernels_bf16;

#endif
