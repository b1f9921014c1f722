// SPDX-License-Identifier: BSD-2-Clause
// Which kernels this CPU can run.

#ifndef AOTI_RUNTIME_CPU_H
#define AOTI_RUNTIME_CPU_H

#include <stddef.h>

#include "runtime/kernels.h"

// The INDEX-th set of kernels that were built and that this CPU has the instructions for, from the
// most portable to the best; NULL past the last.
const struct kernels *cpu_kernels(size_t index);

// The best of them, or the one that the environment variable AOTI_CPU names. Ends with
// STATUS_USAGE where that is unknown or not for this CPU.
const struct kernels *cpu_choose_kernels(void);

#endif
