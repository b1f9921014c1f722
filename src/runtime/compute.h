// SPDX-License-Identifier: BSD-2-Clause
// Runs kernels of products and attention on all threads.

#ifndef AOTI_RUNTIME_COMPUTE_H
#define AOTI_RUNTIME_COMPUTE_H

#include "runtime/kernels.h"

void compute_product(const struct kernels *kernels, const struct product *product);
void compute_attention(const struct kernels *kernels, const struct attention *attention);

#endif
