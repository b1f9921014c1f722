// SPDX-License-Identifier: BSD-2-Clause
// The kernels of processors that multiply pairs of 16-bit integers. Products of two or more rows
// use the kernels of the level below.

#include "config.h"

#include "runtime/levels.h"

static const struct product_kernel *const products[] = {
    &int4_one_row_avx512vnni,
    &int8_one_row_avx512vnni,
    &bfloat16_few_rows_avx512bf16,
    &int4_few_rows_avx512,
    &few_rows_avx512,
    &many_rows_avx512bf16,
    &many_rows_avx512,
    NULL,
};

const struct kernels kernels_avx512vnni = {
    .name = "avx512vnni",
    .products = products,
    .attentions = attentions_avx512,
};
