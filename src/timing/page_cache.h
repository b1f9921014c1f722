// SPDX-License-Identifier: BSD-2-Clause
// Eviction of files from the page cache.

#ifndef AOTI_TIMING_PAGE_CACHE_H
#define AOTI_TIMING_PAGE_CACHE_H

#include <stdbool.h>

// Asks the system to drop FILE from the page cache. Returns true if at most 1 % of its pages are
// still in memory. Otherwise warns and returns false; a common cause is another process that has
// mapped the file.
bool page_cache_evict(const char *file);

#endif
