// SPDX-License-Identifier: BSD-2-Clause
// Characters and sets of characters in patterns.

#include "config.h"

#include <ctype.h>
#include <string.h>

#include "text/regex/parser.h"
#include "text/unicode/properties.h"

// ---- Characters ---------------------------------------------------------------------------------

void add_code(struct parser *parser, struct code_set *set, uint32_t code)
{
    enum { LONG_S = 0x17f, KELVIN = 0x212a };
    code_set_add(set, code, code);
    if (!parser->any_case || !is_ascii_letter(code))
        return;
    code_set_add(set, code ^ 0x20, code ^ 0x20);
    if ((code | 0x20) == 's')
        code_set_add(set, LONG_S, LONG_S);
    if ((code | 0x20) == 'k')
        code_set_add(set, KELVIN, KELVIN);
}

// In any case, letters beyond ASCII are refused: some are equal to several characters.
void add_range(struct parser *parser, struct code_set *set, uint32_t first, uint32_t last)
{
    struct code_set cased = {0}, range = {0};
    code_set_add(&range, first, last);
    code_set_unite(set, &range);
    if (parser->any_case) {
        for (uint32_t code = first; code <= last && code < 0x80; code++)
            add_code(parser, set, code);
        unicode_property_add(&cased, "LC", 2);
        code_set_intersect(&range, &cased);
        if (range.count > 0 && range.edges[range.count - 1] > 0x80)
            refuse(parser, parser->begin, "letters beyond ASCII in any case are not supported");
    }
    code_set_free(&cased);
    code_set_free(&range);
}

// Takes COUNT hexadecimal digits, or as many as there are up to MOST where COUNT is 0.
static bool take_hexadecimal(struct parser *parser, int count, int most, uint32_t *code)
{
    int taken = 0;
    for (*code = 0; taken < (count > 0 ? count : most); taken++) {
        const char *digits = "0123456789abcdef", *found;
        char digit = peek(parser);
        if (digit >= 'A' && digit <= 'F')
            digit = (char)(digit | 0x20);
        found = digit != '\0' ? strchr(digits, digit) : NULL;
        if (found == NULL)
            break;
        *code = *code * 16 + (uint32_t)(found - digits);
        parser->at++;
    }
    return taken > 0 && (count == 0 || taken == count) && *code <= CODE_POINT_MAX;
}

bool take_escaped_code(struct parser *parser, uint32_t *code)
{
    static const char names[] = "abefnrtv", codes[] = "\a\b\x1b\f\n\r\t\v";
    const size_t begin = parser->at;
    const char *name = peek(parser) == '\0' ? NULL : strchr(names, peek(parser));
    if (peek(parser) == 'b')
        return false;  // a character in classes only, where nobody writes it
    if (name != NULL) {
        *code = (uint32_t)codes[name - names];
        parser->at++;
        return true;
    }
    if (take(parser, "x{")) {
        if (take_hexadecimal(parser, 0, 8, code) && take(parser, "}"))
            return true;
        refuse(parser, begin, "not a character");
    } else if (take(parser, "x") || take(parser, "u")) {
        bool is_long = parser->pattern[begin] == 'u';
        if (take_hexadecimal(parser, is_long ? 4 : 0, 2, code) && (is_long || *code < 0x80))
            return true;
        refuse(parser, begin, "not a character");
    } else if ((unsigned char)peek(parser) >= 0x80 || ispunct(peek(parser))
               || peek(parser) == ' ') {
        *code = take_code(parser);
        return true;
    }
    return false;
}

bool take_property(struct parser *parser, struct code_set *set)
{
    const size_t begin = parser->at;
    bool is_negated = peek(parser) == 'P';
    struct code_set found = {0};
    if (!take(parser, "p{") && !take(parser, "P{"))
        return false;
    if (take(parser, "^"))
        is_negated = !is_negated;
    const char *name = parser->pattern + parser->at, *end = strchr(name, '}');
    if (end == NULL || !unicode_property_add(&found, name, (size_t)(end - name))) {
        refuse(parser, begin, "an unknown property");
    } else {
        // In any case a letter stands for all of its cases.
        if (parser->any_case && !(end - name == 1 && strchr("LNPZSC", *name) != NULL))
            refuse(parser, begin, "this property in any case is not supported");
        parser->at += (size_t)(end - name) + 1;
    }
    if (is_negated)
        code_set_invert(&found);
    code_set_unite(set, &found);
    code_set_free(&found);
    return true;
}

bool take_short_class(struct parser *parser, struct code_set *set)
{
    struct code_set found = {0};
    switch (peek(parser) | 0x20) {
    case 's':
        unicode_class_add(&found, CLASS_SPACE);
        break;
    case 'd':
        unicode_property_add(&found, "Nd", 2);
        break;
    case 'w':
        unicode_word_add(&found);
        break;
    case 'h':
        unicode_property_add(&found, "XDigit", 6);
        break;
    default:
        return false;
    }
    if ((peek(parser) & 0x20) == 0)
        code_set_invert(&found);
    parser->at++;
    code_set_unite(set, &found);
    code_set_free(&found);
    return true;
}

// ---- Classes ------------------------------------------------------------------------------------

// Takes [:name:] or [:^name:].
static bool take_bracket(struct parser *parser, struct code_set *set)
{
    const size_t begin = parser->at;
    if (!take(parser, "[:"))
        return false;
    struct code_set found = {0};
    bool is_negated = take(parser, "^");
    const char *name = parser->pattern + parser->at, *end = strstr(name, ":]");
    // The names that have the same meaning for a property, and punct.
    static const char known[] = " ascii blank cntrl digit punct space word xdigit ";
    char wanted[16] = " ";
    size_t size = end != NULL ? (size_t)(end - name) : 0;
    if (size > 0 && size < sizeof wanted - 2) {
        memcpy(wanted + 1, name, size);
        wanted[size + 1] = ' ';
    }
    if (size == 0 || wanted[1] == '\0' || strstr(known, wanted) == NULL) {
        refuse(parser, begin, "an unknown or unsupported POSIX bracket");
        return true;
    }
    unicode_property_add(&found, name, size);
    // Two of them are not the property of that name.
    if (strcmp(wanted, " punct ") == 0)
        unicode_property_add(&found, "S", 1);
    for (size_t i = 0; strcmp(wanted, " word ") == 0 && i < UNICODE_LATIN1_NUMBERS; i++)
        code_set_remove(&found, unicode_latin1_numbers[i], unicode_latin1_numbers[i]);
    if (is_negated)
        code_set_invert(&found);
    code_set_unite(set, &found);
    code_set_free(&found);
    parser->at += size + 2;
    return true;
}

// Takes a character of a class, plain or escaped; false where a set stands there.
static bool take_class_code(struct parser *parser, struct code_set *set, uint32_t *code)
{
    if (peek(parser) != '\\') {
        *code = take_code(parser);
        return true;
    }
    const size_t begin = parser->at++;
    if (take_escaped_code(parser, code))
        return true;
    if (!take_property(parser, set) && !take_short_class(parser, set))
        refuse(parser, begin, "this escape is not supported in a class");
    return false;
}

static void take_item(struct parser *parser, struct code_set *set)
{
    uint32_t first, last;
    parser->begin = parser->at;
    if (take_bracket(parser, set))
        return;
    if (peek(parser) == '[') {
        struct code_set nested = {0};
        // Cases are made equal in what the whole class has, which would be another set.
        if (parser->any_case && parser->pattern[parser->at + 1] == '^')
            refuse(parser, parser->at, "a negated class in another in any case is not supported");
        if (take_class(parser, &nested))
            code_set_unite(set, &nested);
        code_set_free(&nested);
        return;
    }
    if (!take_class_code(parser, set, &first))
        return;
    const char *next = parser->pattern + parser->at;
    if (next[0] != '-' || next[1] == ']' || next[1] == '\0') {
        add_range(parser, set, first, first);
        return;
    }
    const size_t begin = parser->at++;
    if (peek(parser) == '[' || !take_class_code(parser, set, &last) || last < first)
        refuse(parser, begin, "not a range");
    else
        add_range(parser, set, first, last);
}

bool take_class(struct parser *parser, struct code_set *set)
{
    const size_t begin = parser->at++;
    bool is_negated = take(parser, "^"), is_intersection = false;
    struct code_set all = {0};
    if (++parser->depth > DEPTH_MAX)
        refuse(parser, begin, "too many classes in one another");
    if (peek(parser) == ']')
        refuse(parser, begin, "an empty class");
    while (!has_failed(parser) && peek(parser) != ']') {
        if (peek(parser) == '\0') {
            refuse(parser, begin, "a class without an end");
        } else if (take(parser, "&&")) {
            if (parser->any_case)
                refuse(parser, parser->at, "&& in any case is not supported");
            if (is_intersection)
                code_set_intersect(&all, set);
            else
                code_set_unite(&all, set);
            is_intersection = true;
            code_set_free(set);
        } else {
            take_item(parser, set);
        }
    }
    parser->at++;
    parser->depth--;
    if (is_intersection)
        code_set_intersect(set, &all);
    if (is_negated)
        code_set_invert(set);
    code_set_free(&all);
    return !has_failed(parser);
}
