// SPDX-License-Identifier: BSD-2-Clause
// The kernels of processors with tiles (AMX), which take many rows to be worth it; of few, those of
// the level below.

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
