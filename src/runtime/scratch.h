// SPDX-License-Identifier: BSD-2-Clause
// Memory that kernels work in, kept from call to call: fresh pages cost more than many a product.

#ifndef AOTI_RUNTIME_SCRATCH_H
#define AOTI_RUNTIME_SCRATCH_H

#include <stddef.h>

enum {
    SCRATCH_SHARED,   // what all threads read
    SCRATCH_THREADS,  // of one thread, see scratch_of_thread
    SCRATCHES,
};

// SIZE bytes aligned to a cache line, in USE until the next call for the same one. They stay ours.
void *scratch_get(int use, size_t size);

// SIZE bytes for each of COUNT threads, and where those of THREAD begin in that.
void *scratch_get_threads(unsigned count, size_t size);
void *scratch_of_thread(void *scratches, unsigned thread, size_t size);

// Gives all of it back.
void scratch_free(void);

#endif
