// SPDX-License-Identifier: BSD-2-Clause
// Places where text can be cut without changing its tokens: between two characters that no merge
// joins. Models without a pre-tokenizer merge over the whole text. Cutting keeps memory bounded and
// lets words be cached, and it is exact, since merges on the two sides never meet.

#ifndef AOTI_TEXT_SPLIT_BOUNDARIES_H
#define AOTI_TEXT_SPLIT_BOUNDARIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BOUNDARY_EMPTY UINT64_MAX  // in a slot without a pair

// The pairs of characters that a merge joins.
struct boundaries {
    uint64_t *joined;  // owned, open addressing by hash; BOUNDARY_EMPTY: free
    size_t mask;       // number of slots minus one
    size_t count;
    uint64_t ascii[128][2];  // bit [left][right] for two ASCII characters
};

void boundaries_init(struct boundaries *boundaries);
void boundaries_free(struct boundaries *boundaries);

// Records that a merge has LEFT as the last character of its left token and RIGHT as the first
// character of its right one.
void boundaries_join(struct boundaries *boundaries, uint32_t left, uint32_t right);

bool boundaries_joined_far(const struct boundaries *boundaries, uint32_t left, uint32_t right);

static inline bool boundaries_joined(const struct boundaries *boundaries, uint32_t left,
                                     uint32_t right)
{
    if ((left | right) < 128)
        return boundaries->ascii[left][right / 64] >> (right % 64) & 1;
    return boundaries_joined_far(boundaries, left, right);
}

#endif
