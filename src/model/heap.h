// SPDX-License-Identifier: BSD-2-Clause
// Settings of the C library's heap.

#ifndef AOTI_MODEL_HEAP_H
#define AOTI_MODEL_HEAP_H

// Keeps freed memory in the process, if the C library supports it (HAVE_MALLOPT in local.mk). This
// affects speed, not results.
void heap_keep_freed_memory(void);

#endif
