// SPDX-License-Identifier: BSD-2-Clause
// A list of token ids that grows at the end.

#ifndef AOTI_COMMON_ID_LIST_H
#define AOTI_COMMON_ID_LIST_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "common/memory.h"

// All zero is the empty list.
struct id_list {
    int32_t *ids;  // owned, count of them
    size_t count;
    size_t capacity;
};

// Makes room for MORE ids and returns where they go; the caller adds to count what it wrote.
static inline int32_t *id_list_reserve(struct id_list *list, size_t more)
{
    if (list->capacity - list->count < more) {
        list->capacity = 2 * list->capacity + more;
        list->ids = xreallocarray(list->ids, list->capacity, sizeof *list->ids);
    }
    return list->ids + list->count;
}

static inline void id_list_put(struct id_list *list, int32_t id)
{
    *id_list_reserve(list, 1) = id;
    list->count++;
}

static inline void id_list_free(struct id_list *list)
{
    free(list->ids);
    *list = (struct id_list){0};
}

#endif
