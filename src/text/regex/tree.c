// SPDX-License-Identifier: BSD-2-Clause

#include "config.h"

#include "text/regex/tree.h"

#include <stdlib.h>

#include "common/memory.h"

struct node *node_new(enum node_kind kind)
{
    struct node *node = xcalloc(1, sizeof *node);
    node->kind = kind;
    return node;
}

void node_add(struct node *parent, struct node *child)
{
    parent->children =
        xgrow(parent->children, parent->count, &parent->capacity, sizeof(struct node *));
    parent->children[parent->count++] = child;
}

void node_free(struct node *node)
{
    if (node == NULL)
        return;
    for (size_t i = 0; i < node->count; i++)
        node_free(node->children[i]);
    free(node->children);
    code_set_free(&node->set);
    free(node);
}

bool node_may_be_empty(const struct node *node)
{
    size_t empty = 0;
    switch (node->kind) {
    case NODE_SET:
        return false;
    case NODE_SEQUENCE:
    case NODE_CHOICE:
        for (size_t i = 0; i < node->count; i++)
            empty += node_may_be_empty(node->children[i]);
        return node->kind == NODE_CHOICE ? empty > 0 : empty == node->count;
    case NODE_REPEAT:
        return node->min == 0 || node_may_be_empty(node->children[0]);
    case NODE_ATOMIC:
        return node_may_be_empty(node->children[0]);
    default:
        return true;
    }
}

void node_first(const struct node *node, struct code_set *set)
{
    if (node->kind == NODE_SET)
        code_set_unite(set, &node->set);
    if (node->kind == NODE_LOOK_AHEAD || (node->kind == NODE_REPEAT && node->max == 0))
        return;
    for (size_t i = 0; i < node->count; i++) {
        node_first(node->children[i], set);
        if (node->kind == NODE_SEQUENCE && !node_may_be_empty(node->children[i]))
            return;
    }
}
