// SPDX-License-Identifier: BSD-2-Clause
// From a pattern to its tree, by recursive descent: alternatives, sequences, quantifiers, atoms.
// The syntax is that of doc/RE of Oniguruma 6.9 for ONIG_SYNTAX_RUBY, whose unusual points are: a
// plus after {2,3} is a quantifier of its own, not possession; {2}? is an optional {2}; (?i) holds
// for the alternatives that follow, too.

#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "common/memory.h"
#include "text/regex/parser.h"

enum { REPEAT_MAX = 100000 };  // Oniguruma's

static struct node *parse_choice(struct parser *parser);

// ---- Atoms --------------------------------------------------------------------------------------

static struct node *node_of_set(struct code_set *set)
{
    struct node *node = node_new(NODE_SET);
    node->set = *set;
    return node;
}

// A character that stands for itself.
static struct node *node_of_code(struct parser *parser, uint32_t code)
{
    struct code_set set = {0};
    // Of these pairs, in any case, some are equal to one character, such as ss to U+00DF.
    static const char *const pairs[] = {"ss", "st", "ff", "fi", "fl"};
    const uint32_t before = parser->letter, letter = code | 0x20;
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
        if (before == (uint32_t)pairs[i][0] && letter == (uint32_t)pairs[i][1])
            refuse(parser, parser->begin, "ss, st, ff, fi and fl in any case are not supported");
    if (parser->any_case && code >= 0x80)
        add_range(parser, &set, code, code);
    else
        add_code(parser, &set, code);
    parser->letter = parser->any_case && is_ascii_letter(code) ? letter : NO_LETTER;
    return node_of_set(&set);
}

// Takes the end of a group, whose content is NODE.
static struct node *end_group(struct parser *parser, struct node *node, size_t begin)
{
    if (!has_failed(parser) && !take(parser, ")"))
        refuse(parser, begin, "a group without an end");
    parser->depth--;
    return node;
}

static struct node *parse_wrapped(struct parser *parser, enum node_kind kind, bool is_negated,
                                  size_t begin)
{
    struct node *node = node_new(kind);
    node->negated = is_negated;
    struct node *child = parse_choice(parser);
    if (child != NULL)
        node_add(node, child);
    return end_group(parser, node, begin);
}

// Takes the flags of a group, (?i:…), (?-i:…) or (?i), which holds to the end of the group around.
static struct node *parse_flags(struct parser *parser, size_t begin)
{
    const bool before = parser->any_case;
    bool is_on = true;
    for (; peek(parser) == 'i' || peek(parser) == '-'; parser->at++) {
        if (peek(parser) == '-')
            is_on = false;
        else
            parser->any_case = is_on;
    }
    if (take(parser, ")")) {
        struct node *rest = parse_choice(parser);
        parser->any_case = before;
        parser->depth--;
        return rest;
    }
    if (!take(parser, ":")) {
        parser->depth--;
        return refuse(parser, begin, "this kind of group is not supported");
    }
    struct node *node = end_group(parser, parse_choice(parser), begin);
    parser->any_case = before;
    return node;
}

static struct node *parse_group(struct parser *parser)
{
    const size_t begin = parser->at++;
    if (++parser->depth > DEPTH_MAX)
        return refuse(parser, begin, "too many groups in one another");
    if (take(parser, "?#")) {
        refuse(parser, begin, "comments are not supported");
        return NULL;
    }
    if (take(parser, "?:") || peek(parser) != '?')
        return end_group(parser, parse_choice(parser), begin);
    if (take(parser, "?="))
        return parse_wrapped(parser, NODE_LOOK_AHEAD, false, begin);
    if (take(parser, "?!"))
        return parse_wrapped(parser, NODE_LOOK_AHEAD, true, begin);
    if (take(parser, "?>"))
        return parse_wrapped(parser, NODE_ATOMIC, false, begin);
    if (take(parser, "?<=") || take(parser, "?<!"))
        return refuse(parser, begin, "lookbehind is not supported");
    take(parser, "?");
    return parse_flags(parser, begin);
}

static struct node *parse_escape(struct parser *parser)
{
    const size_t begin = parser->at++;
    uint32_t code;
    struct code_set set = {0};
    parser->letter = NO_LETTER;
    if (take_property(parser, &set) || take_short_class(parser, &set))
        return node_of_set(&set);
    if (take(parser, "z"))
        return node_new(NODE_TEXT_END);
    if (take(parser, "Z"))
        return node_new(NODE_LAST_LINE_END);
    if (take_escaped_code(parser, &code))
        return node_of_code(parser, code);
    return refuse(parser, begin, "this escape is not supported");
}

static struct node *parse_atom(struct parser *parser)
{
    const size_t begin = parser->at;
    struct code_set set = {0};
    parser->begin = begin;
    switch (peek(parser)) {
    case '(':
        parser->letter = NO_LETTER;
        return parse_group(parser);
    case '[':
        parser->letter = NO_LETTER;
        take_class(parser, &set);
        return node_of_set(&set);
    case '\\':
        return parse_escape(parser);
    case '.':
        parser->letter = NO_LETTER;
        parser->at++;
        code_set_add(&set, '\n', '\n');
        code_set_invert(&set);
        return node_of_set(&set);
    case '$':
        parser->letter = NO_LETTER;
        parser->at++;
        return node_new(NODE_LINE_END);
    case '^':
        return refuse(parser, begin, "the beginning of a line is not supported");
    case '*':
    case '+':
    case '?':
        return refuse(parser, begin, "a quantifier of nothing");
    default:
        return node_of_code(parser, take_code(parser));
    }
}

// ---- Quantifiers --------------------------------------------------------------------------------

static bool take_number(struct parser *parser, int *number)
{
    char *end;
    if (peek(parser) < '0' || peek(parser) > '9')
        return false;
    long value = strtol(parser->pattern + parser->at, &end, 10);
    if (value > REPEAT_MAX)
        refuse(parser, parser->at, "too large a number");
    *number = value > REPEAT_MAX ? REPEAT_MAX : (int)value;
    parser->at = (size_t)(end - parser->pattern);
    return true;
}

// Takes {2}, {2,}, {,3} or {2,3}; anything else in braces stands for itself.
static bool take_interval(struct parser *parser, int *min, int *max)
{
    const size_t begin = parser->at;
    *min = 0;
    *max = REPEAT_UNLIMITED;
    if (!take(parser, "{"))
        return false;
    bool has_min = take_number(parser, min), has_comma = take(parser, ",");
    bool has_max = has_comma && take_number(parser, max);
    if (has_min && !has_comma)
        *max = *min;
    if ((has_min || has_max) && take(parser, "}"))
        return true;
    parser->at = begin;
    return false;
}

static struct node *repeat(struct node *child, int min, int max)
{
    struct node *node = node_new(NODE_REPEAT);
    node->min = min;
    node->max = max;
    node_add(node, child);
    return node;
}

// Takes a quantifier of NODE, if one is next, and returns what is repeated, or NULL.
static struct node *parse_quantifier(struct parser *parser, struct node *node)
{
    const size_t begin = parser->at;
    int min, max;
    bool is_interval = false;
    if (take(parser, "?")) {
        min = 0;
        max = 1;
    } else if (take(parser, "*")) {
        min = 0;
        max = REPEAT_UNLIMITED;
    } else if (take(parser, "+")) {
        min = 1;
        max = REPEAT_UNLIMITED;
    } else if (take_interval(parser, &min, &max)) {
        is_interval = true;
    } else {
        return NULL;
    }
    if (max != REPEAT_UNLIMITED && max < min)
        refuse(parser, begin, "a range of numbers that is empty");
    if (max == REPEAT_UNLIMITED && node_may_be_empty(node))
        refuse(parser, begin, "what may be empty is repeated without a limit");
    node = repeat(node, min, max);
    if (is_interval && min == max) {
        if (take(parser, "?"))
            node = repeat(node, 0, 1);
    } else if (take(parser, "?")) {
        node->lazy = true;
    } else if (!is_interval && take(parser, "+")) {
        struct node *atomic = node_new(NODE_ATOMIC);
        node_add(atomic, node);
        node = atomic;
    }
    return node;
}

static struct node *parse_sequence(struct parser *parser)
{
    struct node *sequence = node_new(NODE_SEQUENCE);
    parser->letter = NO_LETTER;
    while (!has_failed(parser) && peek(parser) != '\0' && peek(parser) != '|'
           && peek(parser) != ')') {
        struct node *atom = parse_atom(parser), *repeated;
        while (!has_failed(parser) && (repeated = parse_quantifier(parser, atom)) != NULL) {
            atom = repeated;
            parser->letter = NO_LETTER;
        }
        if (atom != NULL)
            node_add(sequence, atom);
    }
    return sequence;
}

static struct node *parse_choice(struct parser *parser)
{
    struct node *choice = node_new(NODE_CHOICE);
    do
        node_add(choice, parse_sequence(parser));
    while (!has_failed(parser) && take(parser, "|"));
    return choice;
}

struct node *regex_parse(const char *pattern, struct regex_error *error)
{
    struct parser parser = {.pattern = pattern, .error = error};
    *error = (struct regex_error){0};
    struct node *node = parse_choice(&parser);
    if (!has_failed(&parser) && peek(&parser) != '\0')
        refuse(&parser, parser.at, "a parenthesis without its other");
    if (!has_failed(&parser) && node_may_be_empty(node))
        refuse(&parser, 0, "an expression that may match nothing");
    if (!has_failed(&parser))
        return node;
    node_free(node);
    return NULL;
}
