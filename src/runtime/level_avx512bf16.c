// SPDX-License-Identifier: BSD-2-Clause
// bfloat16 products by the instruction that multiplies pairs of them (VDPBF16PS); the rest is as
// without it.

#include "config.h"

#include "runtime/kernels.h"
#include "runtime/levels.h"

static const struct product_kernel *const products[] = {
    &few_rows_avx512,
    &many_rows_avx512,
    NULL,
};

const struct kernels kernels_avx512bf16 = {
    .name = "avx512bf16",
    .products = products,
    .attention = &attention_avx512,
};
