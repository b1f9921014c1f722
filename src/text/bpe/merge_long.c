// SPDX-License-Identifier: BSD-2-Clause
//
// How it works: all symbols form a linked list, and a binary heap holds the merges that are
// possible now or were when they were put there, ordered by rank, then by place. The lowest is
// taken; if its symbol has changed since, it is dropped, otherwise it is applied, and the merges
// with the new neighbors on both sides go on the heap. Each of at most n - 1 merges adds two, so n
// symbols take O(n log n).
//
// Example: "ababa" with the merges a b of rank 0, b a of rank 1, ab a of rank 2. The heap starts
// with (rank, place) (0, 0) (0, 2) (1, 1) (1, 3). (0, 0) is applied and adds (2, 0) for ab a.
// (0, 2) is applied and adds (2, 2). (1, 1) and (1, 3) are stale: their symbols are gone. So is
// (2, 0), as ab ab has no merge. (2, 2) is applied, and ab aba remains.

#include "config.h"

#include "text/bpe/merge_long.h"

#include <stdlib.h>

#include "common/diagnostics.h"
#include "common/memory.h"

#define NODE_NONE UINT32_MAX

// A symbol in a linked list. One that was merged into its left neighbor has the id ID_NONE.
struct long_node {
    int32_t id;
    int32_t merged;  // result of merging with the right neighbor, or ID_NONE
    uint32_t left, right;  // indices of neighbors, or NODE_NONE
};

// A merge that was possible when it was put on the heap. It still is if the symbol at PLACE and its
// right neighbor still merge to ID.
struct long_candidate {
    int32_t rank;
    uint32_t place;
    int32_t id;
};

static int precedes(const struct long_candidate *a, const struct long_candidate *b)
{
    return a->rank != b->rank ? a->rank < b->rank : a->place < b->place;
}

static void heap_put(struct long_merger *merger, struct long_candidate candidate)
{
    merger->candidates =
        xgrow(merger->candidates, merger->candidate_count, &merger->candidate_capacity,
              sizeof *merger->candidates);
    struct long_candidate *heap = merger->candidates;
    size_t at = merger->candidate_count++;
    for (; at > 0 && precedes(&candidate, &heap[(at - 1) / 2]); at = (at - 1) / 2)
        heap[at] = heap[(at - 1) / 2];
    heap[at] = candidate;
}

static struct long_candidate heap_take(struct long_merger *merger)
{
    struct long_candidate *heap = merger->candidates;
    struct long_candidate first = heap[0], last = heap[--merger->candidate_count];
    size_t count = merger->candidate_count, at = 0, child;
    for (; (child = 2 * at + 1) < count; at = child) {
        if (child + 1 < count && precedes(&heap[child + 1], &heap[child]))
            child++;
        if (!precedes(&heap[child], &last))
            break;
        heap[at] = heap[child];
    }
    heap[at] = last;
    return first;
}

static void consider(struct long_merger *merger, const struct vocabulary *vocabulary,
                     uint32_t place)
{
    struct long_node *node = &merger->nodes[place];
    node->merged = ID_NONE;
    if (node->right == NODE_NONE
        || !vocabulary_may_merge(vocabulary, node->id, merger->nodes[node->right].id))
        return;
    const struct merge *merge =
        vocabulary_merge(vocabulary, node->id, merger->nodes[node->right].id);
    if (merge == NULL)
        return;
    node->merged = merge->id;
    heap_put(merger,
             (struct long_candidate){.rank = merge->rank, .place = place, .id = merge->id});
}

static void build_list(struct long_merger *merger, const int32_t *symbols, size_t count)
{
    if (count >= NODE_NONE)
        die(STATUS_FAILURE, "word exceeds 4 GiB");
    if (count > merger->node_capacity) {
        merger->node_capacity = count;
        free(merger->nodes);
        merger->nodes = xreallocarray(NULL, count, sizeof *merger->nodes);
    }
    merger->node_count = count;
    for (uint32_t i = 0; i < count; i++)
        merger->nodes[i] = (struct long_node){
            .id = symbols[i],
            .left = i > 0 ? i - 1 : NODE_NONE,
            .right = i + 1 < count ? i + 1 : NODE_NONE,
        };
}

static void apply(struct long_merger *merger, const struct vocabulary *vocabulary,
                  const struct long_candidate *candidate)
{
    struct long_node *node = &merger->nodes[candidate->place];
    if (node->merged != candidate->id)
        return;
    struct long_node *right = &merger->nodes[node->right];
    node->id = candidate->id;
    right->id = right->merged = ID_NONE;
    node->right = right->right;
    if (node->right != NODE_NONE)
        merger->nodes[node->right].left = candidate->place;
    if (node->left != NODE_NONE)
        consider(merger, vocabulary, node->left);
    consider(merger, vocabulary, candidate->place);
}

size_t long_merger_run(struct long_merger *merger, const struct vocabulary *vocabulary,
                       int32_t *symbols, size_t count)
{
    build_list(merger, symbols, count);
    merger->candidate_count = 0;
    for (uint32_t i = 0; i < count; i++)
        consider(merger, vocabulary, i);
    while (merger->candidate_count > 0) {
        struct long_candidate candidate = heap_take(merger);
        apply(merger, vocabulary, &candidate);
    }
    size_t left = 0;
    for (uint32_t i = 0; i != NODE_NONE; i = merger->nodes[i].right)
        symbols[left++] = merger->nodes[i].id;
    return left;
}

size_t long_merger_next(const struct long_merger *merger, size_t place)
{
    uint32_t right = merger->nodes[place].right;
    return right != NODE_NONE ? right : merger->node_count;
}

void long_merger_free(struct long_merger *merger)
{
    free(merger->nodes);
    free(merger->candidates);
    *merger = (struct long_merger){0};
}
