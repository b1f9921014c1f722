// SPDX-License-Identifier: BSD-2-Clause

#include "config.h"

#include "model/heap.h"

#include <malloc.h>

enum {
    KEPT_BLOCK = 32 << 20,  // the largest value that glibc accepts
    KEPT_HEAP = 1 << 30,
};

void heap_keep_freed_memory(void)
{
    mallopt(M_MMAP_THRESHOLD, KEPT_BLOCK);
    mallopt(M_TRIM_THRESHOLD, KEPT_HEAP);
}
