// SPDX-License-Identifier: BSD-2-Clause
// Asking for what is read later. Always a part of its caller: GCC takes a function that does
// nothing else for one without effect.

#ifndef AOTI_RUNTIME_FETCH_H
#define AOTI_RUNTIME_FETCH_H

#include "runtime/vector.h"

enum { CACHE_LINE = 64 };

// Asks for COUNT bytes, a constant, BYTES_AHEAD of DATA, which Makefile.am tells for each level:
// some processors read what lies in a row as fast as memory gives it only so, others are slower.
INLINE void fetch_ahead(const void *data, int64_t count)
{
    if (BYTES_AHEAD > 0)
        for (int64_t i = 0; i < count; i += CACHE_LINE)
            __builtin_prefetch((const char *)data + BYTES_AHEAD + i, 0, 2);
}

#endif
