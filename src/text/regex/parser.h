// SPDX-License-Identifier: BSD-2-Clause
// What both halves of the parser share: parse.c, and parse_class.c for sets of characters.

#ifndef AOTI_TEXT_REGEX_PARSER_H
#define AOTI_TEXT_REGEX_PARSER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "text/regex/tree.h"
#include "text/unicode/utf8.h"

enum {
    DEPTH_MAX = 100,  // of groups and classes
    NO_LETTER = 0,
};

struct parser {
    const char *pattern;
    size_t at;
    size_t begin;  // of the present character or range
    bool any_case;
    uint32_t letter;  // the last atom, if it was a letter of any case, or NO_LETTER
    int depth;
    struct regex_error *error;  // its what is NULL until something is refused
};

static inline void *refuse(struct parser *parser, size_t at, const char *what)
{
    if (parser->error->what == NULL)
        *parser->error = (struct regex_error){.at = at, .what = what};
    return NULL;
}

static inline bool has_failed(const struct parser *parser)
{
    return parser->error->what != NULL;
}

static inline char peek(const struct parser *parser)
{
    return parser->pattern[parser->at];
}

// Takes TEXT if it is next.
static inline bool take(struct parser *parser, const char *text)
{
    size_t size = strlen(text);
    if (strncmp(parser->pattern + parser->at, text, size) != 0)
        return false;
    parser->at += size;
    return true;
}

static inline uint32_t take_code(struct parser *parser)
{
    uint32_t code;
    const uint8_t *text = (const uint8_t *)parser->pattern + parser->at;
    parser->at += utf8_decode(text, strlen((const char *)text), &code);
    return code;
}

// Adds CODE, or all from FIRST to LAST, and in any case what is equal to them then.
void add_code(struct parser *parser, struct code_set *set, uint32_t code);
void add_range(struct parser *parser, struct code_set *set, uint32_t first, uint32_t last);

// Each takes what it finds after a backslash, and returns false if something else is there: an
// escape that stands for one character, a property, or a class of one letter.
bool take_escaped_code(struct parser *parser, uint32_t *code);
bool take_property(struct parser *parser, struct code_set *set);
bool take_short_class(struct parser *parser, struct code_set *set);

// Takes a class in brackets and adds it to SET. Returns false if it is refused.
bool take_class(struct parser *parser, struct code_set *set);

static inline bool is_ascii_letter(uint32_t code)
{
    return (code | 0x20) >= 'a' && (code | 0x20) <= 'z';
}

#endif
