// SPDX-License-Identifier: BSD-2-Clause
// Where text that was made from other text comes from.

#ifndef AOTI_TEXT_ALIGNMENT_H
#define AOTI_TEXT_ALIGNMENT_H

#include <stddef.h>
#include <stdint.h>

// Bytes from begin up to, but not including, end.
struct span {
    uint64_t begin, end;
};

// A list of spans that grows at the end. All zero is the empty list.
struct span_list {
    struct span *spans;  // owned, count of them
    size_t count, capacity;
};

void span_list_put(struct span_list *list, uint64_t begin, uint64_t end);

// Moves the spans from number FIRST on by DISTANCE bytes.
void span_list_shift(struct span_list *list, size_t first, uint64_t distance);
void span_list_free(struct span_list *list);

struct alignment_entry;

// What is known of the text that was made, from some place in it on. All zero: nothing.
struct alignment {
    struct alignment_entry *entries;  // owned
    size_t first, count, capacity;    // entries[first, count) are in use
};

// From AT in the made text on, each byte is the one of the source from SOURCE on. Places come in
// order.
void alignment_run(struct alignment *alignment, uint64_t at, uint64_t source);

// From AT to what is noted next, all bytes come from SIZE bytes at SOURCE together.
void alignment_block(struct alignment *alignment, uint64_t at, uint64_t source, uint64_t size);

// What MADE, which begins nowhere before what was noted first, comes from.
struct span alignment_find(const struct alignment *alignment, struct span made);

// Nothing that begins before AT will be looked for.
void alignment_forget(struct alignment *alignment, uint64_t at);
void alignment_free(struct alignment *alignment);

#endif
