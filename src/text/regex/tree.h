// SPDX-License-Identifier: BSD-2-Clause
// A regular expression as a tree, between the parser and the compiler.

#ifndef AOTI_TEXT_REGEX_TREE_H
#define AOTI_TEXT_REGEX_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "text/regex/regex.h"
#include "text/unicode/code_set.h"

enum node_kind {
    NODE_SET,            // a character of the set
    NODE_SEQUENCE,       // all children, one after the other
    NODE_CHOICE,         // the first child that leads to a match
    NODE_REPEAT,         // the child, MIN to MAX times
    NODE_ATOMIC,         // the child, by its first way to match and no other
    NODE_LOOK_AHEAD,     // the child matches here, or does not if NEGATED; takes nothing
    NODE_LINE_END,       // $: before a newline or at the end
    NODE_TEXT_END,       // \z
    NODE_LAST_LINE_END,  // \Z: at the end, or before a newline that ends the text
};

enum { REPEAT_UNLIMITED = -1 };

struct node {
    enum node_kind kind;
    struct code_set set;     // NODE_SET
    struct node **children;  // owned, COUNT of them
    size_t count, capacity;
    int min, max;  // NODE_REPEAT; MAX may be REPEAT_UNLIMITED
    bool lazy;     // NODE_REPEAT: as few times as possible
    bool negated;  // NODE_LOOK_AHEAD
};

struct node *node_new(enum node_kind kind);
void node_add(struct node *parent, struct node *child);  // PARENT owns CHILD then
void node_free(struct node *node);

// Returns true if NODE can match the empty text.
bool node_may_be_empty(const struct node *node);

// Adds to SET each character that a nonempty match of NODE may begin with.
void node_first(const struct node *node, struct code_set *set);

// Returns the tree of PATTERN, or NULL if it is refused, and the reason in *ERROR. Free with
// node_free().
struct node *regex_parse(const char *pattern, struct regex_error *error);

#endif
