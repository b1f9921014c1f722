// SPDX-License-Identifier: BSD-2-Clause
// Sets of code points, as inversion lists: the code points, in rising order, where membership
// changes. [a-z] is {'a', 'z' + 1}.

#ifndef AOTI_TEXT_UNICODE_CODE_SET_H
#define AOTI_TEXT_UNICODE_CODE_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// {0} is the empty set. Free with code_set_free().
struct code_set {
    uint32_t *edges;  // owned, COUNT of them
    size_t count, capacity;
};

void code_set_free(struct code_set *set);

// Adds, or takes away, the code points from FIRST to LAST, both included.
void code_set_add(struct code_set *set, uint32_t first, uint32_t last);
void code_set_remove(struct code_set *set, uint32_t first, uint32_t last);

// Adds all of OTHER, or takes away what is not in OTHER.
void code_set_unite(struct code_set *set, const struct code_set *other);
void code_set_intersect(struct code_set *set, const struct code_set *other);

// Makes SET the set of all other code points.
void code_set_invert(struct code_set *set);

bool code_set_has(const struct code_set *set, uint32_t code);

#endif
