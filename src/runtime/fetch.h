// SPDX-License-Identifier: BSD-2-Clause
// Prefetching. Always inline: GCC considers a function that only prefetches to have no effect and
// removes calls of it.

#ifndef AOTI_RUNTIME_FETCH_H
#define AOTI_RUNTIME_FETCH_H

#include "runtime/vector.h"

// Prefetches COUNT (a constant) bytes, AHEAD bytes after DATA, on levels for which local.mk sets
// BYTES_AHEAD. Some processors read a long row at the full rate of the memory only with this;
// others become slower.
INLINE void fetch_ahead(const void *data, int64_t ahead, int64_t count)
{
    if (BYTES_AHEAD > 0)
        for (int64_t i = 0; i < count; i += CACHE_LINE)
            __builtin_prefetch((const char *)data + ahead + i, 0, 2);
}

#endif
