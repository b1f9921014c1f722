// SPDX-License-Identifier: BSD-2-Clause
// A hash table from the spelling of a token to its id, used while a file is loaded.

#ifndef AOTI_TEXT_LOAD_NAME_TABLE_H
#define AOTI_TEXT_LOAD_NAME_TABLE_H

#include <stddef.h>
#include <stdint.h>

struct name_entry {
    const char *name;  // borrowed; NULL: free
    uint32_t size;
    int32_t id;
};

struct name_table {
    struct name_entry *entries;  // owned
    size_t mask;
};

// Returns a table for up to COUNT names.
struct name_table name_table_new(size_t count);
void name_table_free(struct name_table *table);

// Adds NAME, which must stay valid. If a name is put twice, the last id counts.
void name_table_put(struct name_table *table, const char *name, size_t size, int32_t id);

// Returns the id of NAME, or ID_NONE.
int32_t name_table_find(const struct name_table *table, const char *name, size_t size);

#endif
