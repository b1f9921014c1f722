// SPDX-License-Identifier: BSD-2-Clause

#include "config.h"

#include "text/split/boundaries.h"

#include <stdlib.h>
#include <string.h>

#include "common/memory.h"
#include "text/hash.h"

static uint64_t *new_slots(size_t size)
{
    uint64_t *slots = xmalloc(size * sizeof *slots);
    memset(slots, 0xff, size * sizeof *slots);
    return slots;
}

void boundaries_init(struct boundaries *boundaries)
{
    enum { FIRST_SIZE = 1024 };
    *boundaries = (struct boundaries){.joined = new_slots(FIRST_SIZE), .mask = FIRST_SIZE - 1};
}

void boundaries_free(struct boundaries *boundaries)
{
    free(boundaries->joined);
    *boundaries = (struct boundaries){0};
}

static size_t slot_of(const struct boundaries *boundaries, uint64_t pair)
{
    size_t slot = hash_mix(pair >> 32, pair & UINT32_MAX) & boundaries->mask;
    while (boundaries->joined[slot] != BOUNDARY_EMPTY && boundaries->joined[slot] != pair)
        slot = (slot + 1) & boundaries->mask;
    return slot;
}

static void grow(struct boundaries *boundaries)
{
    struct boundaries larger = *boundaries;
    larger.mask = 2 * boundaries->mask + 1;
    larger.joined = new_slots(larger.mask + 1);
    for (size_t i = 0; i <= boundaries->mask; i++)
        if (boundaries->joined[i] != BOUNDARY_EMPTY)
            larger.joined[slot_of(&larger, boundaries->joined[i])] = boundaries->joined[i];
    free(boundaries->joined);
    *boundaries = larger;
}

void boundaries_join(struct boundaries *boundaries, uint32_t left, uint32_t right)
{
    if ((left | right) < 128) {
        boundaries->ascii[left][right / 64] |= UINT64_C(1) << (right % 64);
        return;
    }
    uint64_t pair = (uint64_t)left << 32 | right;
    size_t slot = slot_of(boundaries, pair);
    if (boundaries->joined[slot] == pair)
        return;
    boundaries->joined[slot] = pair;
    if (++boundaries->count > boundaries->mask / 2)
        grow(boundaries);
}

bool boundaries_joined_far(const struct boundaries *boundaries, uint32_t left, uint32_t right)
{
    uint64_t pair = (uint64_t)left << 32 | right;
    return boundaries->joined[slot_of(boundaries, pair)] == pair;
}
