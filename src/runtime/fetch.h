// SPDX-License-Identifier: BSD-2-Clause
// Asking for what is read later. Always a part of its caller: GCC takes a function that does
// nothing else for one without effect.

#ifndef AOTI_RUNTIME_FETCH_H
#define AOTI_RUNTIME_FETCH_H

#include "runtime/vector.h"

// Asks for COUNT bytes, a constant, AHEAD bytes behind DATA, where Makefile.am gives the level
// BYTES_AHEAD: some processors read what lies in a row as fast as memory gives it only so, others
// are slower.
INLINE void fetch_ahead(const void *data, int64_t ahead, int64_t count)
{
    if (BYTES_AHEAD > 0)
        for (int64_t i = 0; i < count; i += CACHE_LINE)
            __builtin_prefetch((const char *)data + ahead + i, 0, 2);
}

#endif
