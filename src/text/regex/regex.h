// SPDX-License-Identifier: BSD-2-Clause
// Regular expressions of tokenizer.json: the Ruby syntax of Oniguruma, which the reference
// (tokenizers 0.22) uses, by Unicode 16.0.
//
// Supported are alternatives, groups, (?i) for ASCII letters, (?>…), (?=…), (?!…), $ \z \Z, classes
// with ranges, nesting, && and POSIX brackets, \p{…} for general categories and scripts, \s \d \w
// \h, and greedy, lazy and possessive quantifiers. Refused are expressions that depend on preceding
// text (\b, ^, \A, \G, (?<=…), back-references) and those that may match nothing. So a match
// depends only on the text from its beginning up to the last character that was tested.
//
// No library is used: distributions build Oniguruma for other versions of Unicode than the
// reference's, and it cannot tell whether more text would change a match.

#ifndef AOTI_TEXT_REGEX_REGEX_H
#define AOTI_TEXT_REGEX_REGEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "text/unicode/code_set.h"

// The characters of a text.
enum regex_text_kind {
    REGEX_UTF8,   // valid UTF-8
    REGEX_BYTES,  // bytes; each is the character that spells it in byte-level tokenizers
};

struct regex;

// Why a pattern is refused.
struct regex_error {
    size_t at;         // byte of the pattern
    const char *what;  // not owned
};

// Compiles PATTERN, a string in UTF-8, for texts of KIND. Returns NULL if it is refused, and the
// reason in *ERROR. Free with regex_free().
struct regex *regex_new(const char *pattern, enum regex_text_kind kind, struct regex_error *error);

// Compiles an expression that matches the string LITERAL, or one character of SET, or, if it
// REPEATS, one or more of them.
struct regex *regex_of_literal(const char *literal, enum regex_text_kind kind);
struct regex *regex_of_set(const struct code_set *set, bool repeats, enum regex_text_kind kind);

void regex_free(struct regex *regex);

// Working memory of searches, for any expressions in turn. {0} is ready for use. Free with
// regex_memory_free().
struct regex_memory {
    struct regex_choice *choices;  // owned
    size_t count, capacity;
};

void regex_memory_free(struct regex_memory *memory);

// A text to search.
struct regex_text {
    const uint8_t *text;
    size_t size;  // bytes that are known
    bool ends;    // the text ends there
};

// A match: the bytes from BEGIN to END, not empty.
struct regex_match {
    size_t begin, end;
};

enum regex_result {
    REGEX_MATCHES,
    REGEX_NO_MATCH,
    REGEX_NEEDS_MORE,  // more text could change the result
};

// Searches for the first match from FROM on, and writes it to *MATCH. If it needs more, which it
// does not if the text ends, writes where a match may begin: none begins before that. Dies with
// STATUS_INPUT if nested repeats of the expression take too long.
enum regex_result regex_search(const struct regex *regex, const struct regex_text *text,
                               size_t from, struct regex_memory *memory,
                               struct regex_match *match);

#endif
