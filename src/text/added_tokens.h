// SPDX-License-Identifier: BSD-2-Clause
// Tokens that are matched as a whole, before the text between them is looked at.

#ifndef AOTI_TEXT_ADDED_TOKENS_H
#define AOTI_TEXT_ADDED_TOKENS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct added_token {
    int32_t id;
    bool special;      // a control token
    bool normalized;   // looked for in normalized text
    bool single_word;  // only where no word character touches it
    bool strip_left;   // swallows the white space before it
    bool strip_right;  // and after it
    uint32_t size;
    uint8_t *content;  // owned, size bytes, at least one; as it stands in the text searched
};

struct trie_node;

// All tokens to be looked for in one text at once. All zero is the empty set.
struct added_set {
    struct added_token *tokens;  // owned, count of them
    size_t count;
    struct trie_node *nodes;  // owned
    size_t node_count, node_capacity;
    int32_t roots[256];      // the node for each first byte, or 0
    uint8_t first_bytes[2];  // where there are one or two of them
    int first_byte_count;
    bool any_strip_left;
};

// Adds a token; its content is copied. Returns false where the content is there already.
bool added_set_put(struct added_set *set, const struct added_token *token);
void added_set_free(struct added_set *set);

enum added_match_kind {
    ADDED_NOTHING,  // no token begins before end
    ADDED_FOUND,    // one stands from begin to end
    ADDED_UNKNOWN,  // one may stand at begin: more text is needed
};

struct added_match {
    enum added_match_kind kind;
    size_t begin, end;
    const struct added_token *token;
};

// The leftmost longest token in TEXT[from, size). Of LAST it is known whether the text ends there.
// What a match is discarded for (special, single_word) is the caller's.
struct added_match added_set_search(const struct added_set *set, const uint8_t *text, size_t from,
                                    size_t size, bool last);

#endif
