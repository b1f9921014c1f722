// SPDX-License-Identifier: BSD-2-Clause
// The table of the kernels of one level.

#include "config.h"

#include "runtime/kernels.h"
#include "runtime/levels.h"
#include "runtime/vector.h"

#define LEVEL_TEXT_(level) #level
#define LEVEL_TEXT(level) LEVEL_TEXT_(level)

static const struct product_kernel *const products[] = {
    &LEVEL_NAME(int4_few_rows),
    &LEVEL_NAME(few_rows),
    &LEVEL_NAME(many_rows),
    NULL,
};

const struct attention_kernel *const LEVEL_NAME(attentions)[] = {
    &LEVEL_NAME(attention_few_rows),
    &LEVEL_NAME(attention),
};

const struct kernels LEVEL_NAME(kernels) = {
    .name = LEVEL_TEXT(LEVEL),
    .products = products,
    .attentions = LEVEL_NAME(attentions),
};
