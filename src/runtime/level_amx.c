// SPDX-License-Identifier: BSD-2-Clause
// The kernels of processors with AMX tiles. Products of few rows, for which tiles do not pay, use
// the kernels of the level below.

#include "config.h"

#include "runtime/levels.h"

static const struct product_kernel *const products[] = {
    &int4_one_row_amx,
    &int8_one_row_amx,
    &bfloat16_few_rows_amx,
    &int4_few_rows_avx512,
    &few_rows_avx512,
    &many_rows_amx,
    &int4_many_rows_amx,
    &many_rows_avx512bf16,
    &many_rows_avx512,
    NULL,
};

const struct kernels kernels_amx = {
    .name = "amx",
    .products = products,
    .attentions = attentions_avx512,
};
