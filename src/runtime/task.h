// SPDX-License-Identifier: BSD-2-Clause
// The size of tasks on a right side that is read once, in place: long stretches, because the
// hardware prefetcher starts over in each, but several tasks for every thread.

#ifndef AOTI_RUNTIME_TASK_H
#define AOTI_RUNTIME_TASK_H

#include "runtime/kernels.h"
#include "runtime/parallel.h"

enum {
    TASK_BYTES = 1 << 20,
    TASKS_A_THREAD = 4,
    TASK_COLUMNS_MAX = 512,  // so that their sums fit the scratch
};

// Returns the columns of a task, a multiple of UNIT; COLUMN_BYTES are read for each.
static inline int64_t columns_of_task(const struct product *p, int64_t column_bytes, int64_t unit)
{
    int64_t columns = TASK_BYTES / (column_bytes + 1);
    int64_t share = p->columns / (TASKS_A_THREAD * (int64_t)parallel_threads());
    columns = columns < share ? columns : share;
    columns = columns / unit * unit;
    columns = columns < TASK_COLUMNS_MAX ? columns : TASK_COLUMNS_MAX;
    return columns > 0 ? columns : unit;
}

#endif
