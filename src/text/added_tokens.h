// SPDX-License-Identifier: BSD-2-Clause
// Added tokens: matched as a whole, before the text between them is tokenized.

#ifndef AOTI_TEXT_ADDED_TOKENS_H
#define AOTI_TEXT_ADDED_TOKENS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct added_token {
    int32_t id;
    bool special;      // a control token
    bool normalized;   // looked for in normalized text
    bool single_word;  // matches only where no word character touches it
    bool strip_left;   // swallows the white space before it
    bool strip_right;  // swallows the white space after it
    uint32_t size;
    uint8_t *content;  // owned, size >= 1 bytes; normalized if it is matched in normalized text
};

struct trie_node;

// A set of tokens that are searched for in one text. All zero is the empty set.
struct added_set {
    struct added_token *tokens;  // owned, [count]
    size_t count;
    struct trie_node *nodes;  // owned
    size_t node_count, node_capacity;
    int32_t roots[256];      // the node for each first byte, or 0
    uint8_t first_bytes[2];  // the distinct first bytes, if there are one or two
    int first_byte_count;
    bool any_strip_left;
};

// Adds a token and copies its content. Returns false if the content is in the set already.
bool added_set_put(struct added_set *set, const struct added_token *token);
void added_set_free(struct added_set *set);

enum added_match_kind {
    ADDED_NOTHING,  // no token begins before end
    ADDED_FOUND,    // a token spans [begin, end)
    ADDED_UNKNOWN,  // a token may begin at begin: more text is needed
};

struct added_match {
    enum added_match_kind kind;
    size_t begin, end;
    const struct added_token *token;
};

// Returns the leftmost longest token in TEXT[from, size). LAST says that the text ends at SIZE.
// The caller discards matches by special and single_word.
struct added_match added_set_search(const struct added_set *set, const uint8_t *text, size_t from,
                                    size_t size, bool last);

#endif
