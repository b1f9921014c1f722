// SPDX-License-Identifier: BSD-2-Clause
// The kernels of Arm processors that sum products of four bytes (SDOT); where no row is alone, those
// of the level below.

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
