// SPDX-License-Identifier: BSD-2-Clause

#include "config.h"

#include "text/added_tokens.h"

#include <stdlib.h>
#include <string.h>

#include "common/memory.h"

// The children of a node form a linked list. Added tokens are few and begin with a rare byte, so
// walking the list costs nothing beside the search for the first byte.
struct trie_node {
    int32_t child;    // first child, or 0
    int32_t sibling;  // next child of the same parent, or 0
    int32_t token;    // index of the token that ends here, or -1
    uint8_t byte;
};

static int32_t new_node(struct added_set *set, uint8_t byte)
{
    set->nodes = xgrow(set->nodes, set->node_count, &set->node_capacity, sizeof *set->nodes);
    if (set->node_count == 0)
        set->nodes[set->node_count++] = (struct trie_node){.token = -1};  // index 0 means none
    set->nodes[set->node_count] = (struct trie_node){.token = -1, .byte = byte};
    return (int32_t)set->node_count++;
}

static int32_t find_child(const struct added_set *set, int32_t node, uint8_t byte)
{
    int32_t child = set->nodes[node].child;
    while (child != 0 && set->nodes[child].byte != byte)
        child = set->nodes[child].sibling;
    return child;
}

static int32_t add_child(struct added_set *set, int32_t node, uint8_t byte)
{
    int32_t child = find_child(set, node, byte);
    if (child != 0)
        return child;
    child = new_node(set, byte);
    set->nodes[child].sibling = set->nodes[node].child;
    set->nodes[node].child = child;
    return child;
}

static int32_t add_root(struct added_set *set, uint8_t byte)
{
    if (set->roots[byte] == 0) {
        set->roots[byte] = new_node(set, byte);
        if (set->first_byte_count < 2)
            set->first_bytes[set->first_byte_count] = byte;
        set->first_byte_count++;
    }
    return set->roots[byte];
}

bool added_set_put(struct added_set *set, const struct added_token *token)
{
    int32_t node = add_root(set, token->content[0]);
    for (uint32_t i = 1; i < token->size; i++)
        node = add_child(set, node, token->content[i]);
    if (set->nodes[node].token >= 0)
        return false;
    set->nodes[node].token = (int32_t)set->count;
    set->tokens = xreallocarray(set->tokens, set->count + 1, sizeof *set->tokens);
    struct added_token *own = &set->tokens[set->count++];
    *own = *token;
    own->content = memcpy(xmalloc(token->size), token->content, token->size);
    set->any_strip_left |= token->strip_left;
    return true;
}

void added_set_free(struct added_set *set)
{
    for (size_t i = 0; i < set->count; i++)
        free(set->tokens[i].content);
    free(set->tokens);
    free(set->nodes);
    *set = (struct added_set){0};
}

static size_t find_first_byte(const struct added_set *set, const uint8_t *text, size_t from,
                              size_t size)
{
    if (set->first_byte_count == 0)
        return size;
    if (set->first_byte_count == 1) {
        const uint8_t *found = memchr(text + from, set->first_bytes[0], size - from);
        return found != NULL ? (size_t)(found - text) : size;
    }
    while (from < size && set->roots[text[from]] == 0)
        from++;
    return from;
}

// Returns the longest token at BEGIN.
static struct added_match match_at(const struct added_set *set, const uint8_t *text, size_t begin,
                                   size_t size, bool last)
{
    struct added_match match = {.kind = ADDED_NOTHING, .begin = begin};
    int32_t node = set->roots[text[begin]];
    size_t at = begin;
    while (node != 0) {
        at++;
        const struct trie_node *here = &set->nodes[node];
        if (here->token >= 0) {
            match.kind = ADDED_FOUND;
            match.end = at;
            match.token = &set->tokens[here->token];
        }
        if (at == size) {
            if (!last && here->child != 0)
                match.kind = ADDED_UNKNOWN;
            break;
        }
        node = find_child(set, node, text[at]);
    }
    return match;
}

struct added_match added_set_search(const struct added_set *set, const uint8_t *text, size_t from,
                                    size_t size, bool last)
{
    for (;; from++) {
        from = find_first_byte(set, text, from, size);
        if (from == size)
            return (struct added_match){.kind = ADDED_NOTHING, .begin = size, .end = size};
        struct added_match match = match_at(set, text, from, size, last);
        if (match.kind != ADDED_NOTHING)
            return match;
    }
}
