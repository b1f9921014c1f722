// SPDX-License-Identifier: BSD-2-Clause
// Runs work on several threads. They belong to libgomp, which compiled graphs use too, so that
// there is one pool. It is called as GCC's generated code does, so any compiler will do.

#ifndef AOTI_RUNTIME_PARALLEL_H
#define AOTI_RUNTIME_PARALLEL_H

#include <stdint.h>

// Sets libgomp's environment variables for the number of threads and how long they wait before they
// sleep. THREADS 0: OMP_NUM_THREADS, or one per CPU. Keeps the user's settings for waiting. Must be
// called before anything loads libgomp.
void parallel_configure(unsigned threads);

// Loads libgomp, or uses the one in the process. Without it, the caller does all work.
void parallel_open(void);

// Returns the number of threads of parallel_for().
unsigned parallel_threads(void);

// Does the work of INDEX. No two running calls have the same THREAD, which is below
// parallel_threads().
typedef void parallel_body(void *context, int64_t index, unsigned thread);

// Calls BODY for each index from 0 to COUNT - 1, in any order, and returns when all are done.
void parallel_for(int64_t count, parallel_body *body, void *context);

#endif
