// SPDX-License-Identifier: BSD-2-Clause

#include "config.h"

#include "text/load/name_table.h"

#include <stdlib.h>
#include <string.h>

#include "common/memory.h"
#include "text/hash.h"
#include "text/vocabulary.h"

struct name_table name_table_new(size_t count)
{
    size_t size = hash_table_size(count);
    return (struct name_table){
        .entries = xcalloc(size, sizeof(struct name_entry)),
        .mask = size - 1,
    };
}

void name_table_free(struct name_table *table)
{
    free(table->entries);
    *table = (struct name_table){0};
}

static struct name_entry *find_entry(const struct name_table *table, const char *name, size_t size)
{
    size_t slot = hash_bytes((const uint8_t *)name, size);
    for (;; slot++) {
        struct name_entry *entry = &table->entries[slot & table->mask];
        if (entry->name == NULL
            || (entry->size == size && memcmp(entry->name, name, size) == 0))
            return entry;
    }
}

void name_table_put(struct name_table *table, const char *name, size_t size, int32_t id)
{
    *find_entry(table, name, size) =
        (struct name_entry){.name = name, .size = (uint32_t)size, .id = id};
}

int32_t name_table_find(const struct name_table *table, const char *name, size_t size)
{
    const struct name_entry *entry = find_entry(table, name, size);
    return entry->name != NULL ? entry->id : ID_NONE;
}
