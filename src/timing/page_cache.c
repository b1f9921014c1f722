// SPDX-License-Identifier: BSD-2-Clause

#include "config.h"

#include "timing/page_cache.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "common/diagnostics.h"
#include "common/io.h"
#include "common/memory.h"

// Returns the number of pages in memory; all of them if the system does not tell.
static size_t count_resident(const struct file_map *map, size_t pages, size_t page_size)
{
    unsigned char *resident = xmalloc(pages);
    size_t count = 0;
    if (mincore((void *)(uintptr_t)map->data, pages * page_size, resident) != 0)
        count = pages;
    for (size_t i = 0; i < pages && count < pages; i++)
        count += resident[i] & 1;
    free(resident);
    return count;
}

bool page_cache_evict(const char *file)
{
    struct file_map map = file_map_open(file);
    size_t page_size = (size_t)sysconf(_SC_PAGESIZE);
    size_t pages = (map.size + page_size - 1) / page_size;
    // Pages must be on the disk before they can be dropped.
    int error = fsync(map.descriptor) != 0 ? errno : 0;
    if (error == 0)
        error = posix_fadvise(map.descriptor, 0, 0, POSIX_FADV_DONTNEED);
    size_t left = pages > 0 ? count_resident(&map, pages, page_size) : 0;
    file_map_close(&map);
    if (error != 0)
        warn("--evict %s: %s", file, strerror(error));
    else if (left * 100 > pages)
        warn("--evict %s: %zu of %zu pages are still in memory", file, left, pages);
    return error == 0 && left * 100 <= pages;
}
