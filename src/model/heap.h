// SPDX-License-Identifier: BSD-2-Clause
// Settings of the C library's heap.

#ifndef AOTI_MODEL_HEAP_H
#define AOTI_MODEL_HEAP_H

// Keeps freed memory in the process, where the C library can be told to (HAVE_MALLOPT in
// local.mk). Speed depends on it, results do not.
void heap_keep_freed_memory(void);

#endif
