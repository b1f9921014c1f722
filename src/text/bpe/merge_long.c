// SPDX-License-Identifier: BSD-2-Clause

#include "config.h"

#include "text/bpe/merge_long.h"

#include <stdlib.h>

#include "common/diagnostics.h"
#include "common/memory.h"

#define NODE_NONE UINT32_MAX

// A symbol in a list; one that was merged into its left neighbour has id ID_NONE.
struct long_node {
    int32_t id;
    int32_t merged;  // what it and its right neighbour merge to, or ID_NONE
    uint32_t left, right;  // neighbours, or NODE_NONE
};

// A merge that was possible when it was put on the heap. It still is if ID is what the symbol at
// PLACE and its right neighbour merge to.
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
        xgrow(merger->candidates, merger->candidate_count, &merger->candidate_capacity, sizeof *merger->candidates);
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
        die(STATUS_FAILURE, "a word of text of more than 4 GiB");
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
