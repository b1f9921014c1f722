// SPDX-License-Identifier: BSD-2-Clause
// Maps text back to the text that it was made from, for --offsets.

#ifndef AOTI_TEXT_ALIGNMENT_H
#define AOTI_TEXT_ALIGNMENT_H

#include <stddef.h>
#include <stdint.h>

// The bytes [begin, end).
struct span {
    uint64_t begin, end;
};

// A list of spans that grows at the end. All zero is the empty list.
struct span_list {
    struct span *spans;  // owned, [count]
    size_t count, capacity;
};

void span_list_put(struct span_list *list, uint64_t begin, uint64_t end);

// Moves the spans from index FIRST on by DISTANCE bytes.
void span_list_shift(struct span_list *list, size_t first, uint64_t distance);
void span_list_free(struct span_list *list);

struct alignment_entry;

// The origin of each byte of a text from some place on. All zero is empty.
struct alignment {
    struct alignment_entry *entries;  // owned
    size_t first, count, capacity;    // entries[first, count) are in use
};

// From AT on, each byte of the made text is one byte of the source, counted from SOURCE. Calls
// come in the order of AT.
void alignment_run(struct alignment *alignment, uint64_t at, uint64_t source);

// From AT up to the next entry, all bytes come from the same SIZE bytes at SOURCE.
void alignment_block(struct alignment *alignment, uint64_t at, uint64_t source, uint64_t size);

// Returns the source of MADE, which must not begin before the first entry.
struct span alignment_find(const struct alignment *alignment, struct span made);

// Drops entries that only places before AT need.
void alignment_forget(struct alignment *alignment, uint64_t at);
void alignment_free(struct alignment *alignment);

#endif
