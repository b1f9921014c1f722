// SPDX-License-Identifier: BSD-2-Clause
// For C libraries without mallopt, such as musl.

#include "config.h"

#include "model/heap.h"

void heap_keep_freed_memory(void)
{
}
