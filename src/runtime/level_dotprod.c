// SPDX-License-Identifier: BSD-2-Clause
// The kernels of Arm processors that sum products of four bytes (SDOT). Products of two or more
// rows use the kernels of the level below.
//
// Instructions per weight and row in the inner loops as compiled by GCC 12, portable level and
// best: bfloat16 3.5 and 0.38, int8 2.9 and 0.32, int4 2.4 and 0.37; for many rows of bfloat16 0.46
// and 0.14 per product. Rejected: SMMLA (i8mm) saves nothing, since zipping two columns costs as
// much. Time is not measured: no Arm machine was available.

#include "config.h"

#include "runtime/levels.h"

static const struct product_kernel *const products[] = {
    &int4_one_row_dotprod,
    &int8_one_row_dotprod,
    &int4_few_rows_neon,
    &few_rows_neon,
    &many_rows_neon,
    NULL,
};

const struct kernels kernels_dotprod = {
    .name = "dotprod",
    .products = products,
    .attentions = attentions_neon,
};
