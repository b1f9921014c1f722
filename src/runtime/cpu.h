// SPDX-License-Identifier: BSD-2-Clause
// Selects the kernels for this CPU.

#ifndef AOTI_RUNTIME_CPU_H
#define AOTI_RUNTIME_CPU_H

#include <stddef.h>

#include "runtime/kernels.h"

// Returns the INDEX-th set of kernels that this program has and this CPU supports, from the most
// portable to the best; NULL past the last.
const struct kernels *cpu_kernels(size_t index);

// Returns the best set, or the one named by the environment variable AOTI_CPU. Dies with
// STATUS_USAGE if that is unknown or unsupported by this CPU.
const struct kernels *cpu_choose_kernels(void);

#endif
