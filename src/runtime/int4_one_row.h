// SPDX-License-Identifier: BSD-2-Clause
// One row of bfloat16 with 4-bit weights: what its kernels share. The row is packed as integers
// (whole_numbers.h), followed by a part for each group. The including file includes
// whole_numbers_LEVEL.h.

#ifndef AOTI_RUNTIME_INT4_ONE_ROW_H
#define AOTI_RUNTIME_INT4_ONE_ROW_H

#include "runtime/int4.h"
#include "runtime/task.h"

enum { GROUPS_AHEAD = 8 };  // whose scales, far apart in memory, are prefetched

static int64_t group_count(const struct product *p)
{
    return p->inner / p->groups.size;
}

static struct part *packed_parts(const struct product *p, const void *packed)
{
    return (struct part *)((uintptr_t)packed + (size_t)whole_bytes(p->inner));
}

static size_t packed_bytes(const struct product *p)
{
    return (size_t)whole_bytes(p->inner) + (size_t)group_count(p) * sizeof(struct part);
}

static void pack(const struct product *p, void *packed, int64_t index)
{
    int64_t size = p->groups.size, first = index * size;
    packed_parts(p, packed)[index] = make_part(matrix_at(&p->left, 0, first), size, size,
                                               (char *)packed + whole_bytes(first));
}

static const uint16_t *scales_at(const struct product *p, int64_t group, int64_t column)
{
    return (const uint16_t *)p->groups.scales_and_zeros + 2 * (group * p->columns + column);
}

// Prefetches the scales of the group GROUPS_AHEAD after GROUP, for COUNT columns.
INLINE void prefetch_scales(const struct product *p, int64_t group, int64_t column, int64_t count)
{
    if (group + GROUPS_AHEAD < group_count(p))
        for (int64_t i = 0; i < 2 * count; i += CACHE_LINE / (int64_t)sizeof(uint16_t))
            __builtin_prefetch(scales_at(p, group + GROUPS_AHEAD, column) + i, 0, 2);
}

#endif
