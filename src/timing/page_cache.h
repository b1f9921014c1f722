// SPDX-License-Identifier: BSD-2-Clause
// Files that are to be read from the disk again.

#ifndef AOTI_TIMING_PAGE_CACHE_H
#define AOTI_TIMING_PAGE_CACHE_H

#include <stdbool.h>

// Asks the system to forget what it keeps of FILE in memory, and looks whether it did. Returns
// whether nearly nothing is left; says on stderr how much if not, for instance because another
// process has the file mapped.
bool page_cache_evict(const char *file);

#endif
