// SPDX-License-Identifier: BSD-2-Clause
// Products and attention by given kernels, over all threads.

#ifndef AOTI_RUNTIME_COMPUTE_H
#define AOTI_RUNTIME_COMPUTE_H

#include "runtime/kernels.h"

void compute_product(const struct kernels *kernels, const struct product *product);
void compute_attention(const struct kernels *kernels, const struct attention *attention);

#endif
