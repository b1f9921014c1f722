// SPDX-License-Identifier: BSD-2-Clause
// What the kernels of one CPU level offer. Every level computes each element of a result in one
// order that depends on the shapes alone, so the number of threads never changes a bit of it.

#ifndef AOTI_RUNTIME_KERNELS_H
#define AOTI_RUNTIME_KERNELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "runtime/torch_abi.h"

enum {
    FEW_ROWS = 4,         // up to so many rows read the right side once, as it lies
    COLUMNS_A_TASK = 32,  // of a product of many rows; a multiple of every level's tile
    SCRATCH_ALIGNMENT = 64,
};

// Element (i, j) is at data + i * row_stride + j * column_stride, in elements of dtype.
struct matrix {
    void *data;  // NULL: there is none
    int64_t row_stride, column_stride;
    enum torch_dtype dtype;
};

// Of a right side of 4 bits, which lies as int4.h tells: a weight is (integer - 8) * scale + zero.
struct groups {
    int64_t size;   // steps of the inner dimension that share a scale and a zero
    int64_t block;  // columns
    const void *scales_and_zeros;  // [inner / size, columns, 2]
    enum torch_dtype dtype;
};

// result = alpha * scale(column) * (left * right) + beta * addend, accumulated in float32 or, in
// groups, in integers. left [rows, inner], right [inner, columns], result and addend [rows,
// columns]. Types: float32, bfloat16, float16; right may be int8 as well, or uint8, which stands
// for 4 bits.
struct product {
    int64_t rows, columns, inner;
    struct matrix left, right, result;
    struct matrix addend;         // data NULL: none
    struct matrix column_scales;  // [1, columns]; data NULL: all 1
    struct groups groups;         // where right is of 4 bits
    float alpha, beta;
};

// One way to compute a product: the left side is packed once, a part for each of pack_count
// indices; then every task computes some columns.
struct product_kernel {
    bool (*covers)(const struct product *product);
    size_t (*packed_bytes)(const struct product *product);
    int64_t (*pack_count)(const struct product *product);
    void (*pack)(const struct product *product, void *packed, int64_t index);
    int64_t (*task_columns)(const struct product *product);
    size_t (*scratch_bytes)(const struct product *product);
    // Columns from BEGIN to END, which is at most task_columns further. SCRATCH is the caller's
    // alone, aligned to SCRATCH_ALIGNMENT.
    void (*compute)(const struct product *product, const void *packed, int64_t begin, int64_t end,
                    void *scratch);
};

// A tensor of four dimensions; strides count elements, 0 where a dimension is broadcast.
struct cube {
    void *data;  // NULL: there is none
    int64_t strides[4];
    enum torch_dtype dtype;
};

// result = softmax(scale * query key^T + mask) value: query and result [batches, heads, rows,
// width], key and value [batches, heads / group, keys, width]. With causal, query i sees keys up
// to i. A row that sees nothing becomes 0. What it does not see need not count, even if that is no
// number. Log-sum-exp, float32, [batches, heads, rows, 1].
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
    // Rows from FIRST on, rows_a_task of them or what is left, of one head.
    void (*compute)(const struct attention *attention, int64_t batch, int64_t head, int64_t first,
                    void *scratch);
};

struct kernels {
    const char *name;
    // Of both the first that covers is taken, and the last covers all that comes here.
    const struct product_kernel *const *products;
    const struct attention_kernel *const *attentions;
};

extern const struct kernels kernels_portable, kernels_avx2, kernels_avx512, kernels_avx512bf16,
    kernels_avx512vnni, kernels_amx, kernels_neon, kernels_dotprod, kernels_bf16;

#endif
