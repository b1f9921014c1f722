// SPDX-License-Identifier: BSD-2-Clause
// Work for several threads. They are libgomp's, the same that a compiled graph uses, so that there
// is one pool; and it is called as GCC's code does, so that any compiler will do.

#ifndef AOTI_RUNTIME_PARALLEL_H
#define AOTI_RUNTIME_PARALLEL_H

#include <stdint.h>

// Tells libgomp by its environment variables how many threads there are to be and how long one
// waits before it sleeps. THREADS 0: as many as OMP_NUM_THREADS says, or as there are CPUs. How to
// wait is left alone where the user set it. To be called before anything loads libgomp.
void parallel_configure(unsigned threads);

// Loads libgomp, or takes the one that is in the process. Where there is none all work is done by
// the caller.
void parallel_open(void);

// The number of threads that parallel_for uses.
unsigned parallel_threads(void);

// Does the work of INDEX; THREAD, below parallel_threads(), is nobody else's meanwhile.
typedef void parallel_body(void *context, int64_t index, unsigned thread);

// Calls BODY for each index from 0 to COUNT - 1, in no order, and returns when all is done.
void parallel_for(int64_t count, parallel_body *body, void *context);

#endif
