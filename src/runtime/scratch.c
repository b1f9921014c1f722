// SPDX-License-Identifier: BSD-2-Clause

#include "config.h"

#include "runtime/scratch.h"

#include <stdlib.h>

#include "common/diagnostics.h"

enum { ALIGNMENT = 4096 };  // also keeps threads on separate cache lines

// Graphs call without a context, from one thread at a time.
static struct {
    void *data;
    size_t size;
} scratches[SCRATCHES];

static size_t round_up(size_t size)
{
    return (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}

void *scratch_get(int use, size_t size)
{
    if (size <= scratches[use].size)
        return scratches[use].data;
    free(scratches[use].data);
    scratches[use].size = round_up(size);
    if (posix_memalign(&scratches[use].data, ALIGNMENT, scratches[use].size) != 0)
        die(STATUS_FAILURE, "memory exhausted");
    return scratches[use].data;
}

void *scratch_get_threads(unsigned count, size_t size)
{
    return scratch_get(SCRATCH_THREADS, count * round_up(size));
}

void *scratch_of_thread(void *data, unsigned thread, size_t size)
{
    return (char *)data + thread * round_up(size);
}

void scratch_free(void)
{
    for (int i = 0; i < SCRATCHES; i++) {
        free(scratches[i].data);
        scratches[i].data = NULL;
        scratches[i].size = 0;
    }
}
