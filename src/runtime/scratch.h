// SPDX-License-Identifier: BSD-2-Clause
// Scratch memory of kernels, kept from call to call: fresh pages cost more than many products.

#ifndef AOTI_RUNTIME_SCRATCH_H
#define AOTI_RUNTIME_SCRATCH_H

#include <stddef.h>

enum {
    SCRATCH_SHARED,   // read by all threads
    SCRATCH_THREADS,  // private to each thread, see scratch_of_thread()
    SCRATCHES,
};

// Returns SIZE bytes aligned to a cache line, valid until the next call with the same USE.
void *scratch_get(int use, size_t size);

// Returns SIZE bytes for each of COUNT threads; scratch_of_thread() finds the part of THREAD.
void *scratch_get_threads(unsigned count, size_t size);
void *scratch_of_thread(void *scratches, unsigned thread, size_t size);

// Frees all scratch memory.
void scratch_free(void);

#endif
