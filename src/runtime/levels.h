// SPDX-License-Identifier: BSD-2-Clause
// Kernels that are compiled once for each level, with the level in their names.

#ifndef AOTI_RUNTIME_LEVELS_H
#define AOTI_RUNTIME_LEVELS_H

#include "runtime/kernels.h"

extern const struct product_kernel few_rows_portable, few_rows_avx2, few_rows_avx512,
    few_rows_neon;
extern const struct product_kernel int4_few_rows_portable, int4_few_rows_avx2,
    int4_few_rows_avx512, int4_few_rows_neon;
extern const struct product_kernel many_rows_portable, many_rows_avx2, many_rows_avx512,
    many_rows_neon;
extern const struct attention_kernel attention_portable, attention_avx2, attention_avx512,
    attention_neon;
extern const struct attention_kernel attention_few_rows_portable, attention_few_rows_avx2,
    attention_few_rows_avx512, attention_few_rows_neon;
extern const struct attention_kernel *const attentions_portable[], *const attentions_avx2[],
    *const attentions_avx512[], *const attentions_neon[];
extern const struct product_kernel bfloat16_few_rows_avx512bf16, bfloat16_few_rows_amx,
    many_rows_avx512bf16;
extern const struct product_kernel int4_one_row_avx512vnni, int4_one_row_amx,
    int8_one_row_avx512vnni, int8_one_row_amx;
extern const struct product_kernel many_rows_amx, int4_many_rows_amx;
extern const struct product_kernel int4_one_row_dotprod, int8_one_row_dotprod;
extern const struct product_kernel bfloat16_few_rows_bf16;

#endif
