// SPDX-License-Identifier: BSD-2-Clause
// Each function below is one alternative of a regular expression, tried in order. All read text
// through look_at(), which also reports the end of the text and the end of what is known.

#include "config.h"

#include "text/split/split.h"

#include <string.h>

#include "text/split/cursor.h"

// The end of a run is the end of its word only if the character after it is known.
static inline size_t unless_more(size_t end, unsigned stop)
{
    return stop & CLASS_MORE ? 0 : end;
}

// Returns the end of the run of characters with one of CLASSES, 0 if it is not known yet.
static inline size_t whole_run(const struct cursor *cursor, size_t at, unsigned classes)
{
    unsigned stop;
    size_t end = run_of(cursor, at, classes, &stop);
    return unless_more(end, stop);
}

// Folds the case of a letter in a contraction. U+017F folds to s.
static uint32_t fold(uint32_t letter)
{
    if (letter == 0x17f)
        return 's';
    return letter >= 'A' && letter <= 'Z' ? letter + ('a' - 'A') : letter;
}

enum contraction { NO_CONTRACTION = -1, CONTRACTION_NEEDS_MORE = 0 };

// Returns the length of 's 't 're 've 'm 'll 'd at AT, where there is an apostrophe.
static int contraction_at(const struct cursor *cursor, size_t at, bool any_case)
{
    struct character first = look_at(cursor, at + 1);
    if (first.classes & CLASS_MORE)
        return CONTRACTION_NEEDS_MORE;
    if (first.classes & CLASS_END)
        return NO_CONTRACTION;
    uint32_t letter = any_case ? fold(first.code) : first.code;
    if (letter == 's' || letter == 't' || letter == 'm' || letter == 'd')
        return 1 + (int)first.length;
    uint32_t wanted = letter == 'r' || letter == 'v' ? 'e' : letter == 'l' ? 'l' : 0;
    if (wanted == 0)
        return NO_CONTRACTION;
    struct character second = look_at(cursor, at + 2);
    if (second.classes & CLASS_MORE)
        return CONTRACTION_NEEDS_MORE;
    if (second.classes & CLASS_END)
        return NO_CONTRACTION;
    return (any_case ? fold(second.code) : second.code) == wanted ? 3 : NO_CONTRACTION;
}

// Matches \s+(?!\S)|\s+ from AT to END, the end of the run: leaves the last character to what
// follows, unless it is the only one or nothing follows.
static size_t blanks(const struct cursor *cursor, size_t at, size_t end, unsigned stop)
{
    if (stop & CLASS_END)
        return end;
    const uint8_t *last = utf8_previous(cursor->text + at, cursor->text + end);
    size_t before_last = (size_t)(last - cursor->text);
    return before_last > at ? before_last : end;
}

static size_t next_gpt2(const struct cursor *cursor)
{
    struct character first = look_at(cursor, 0);
    unsigned stop = 0;
    if (first.code == '\'') {
        int length = contraction_at(cursor, 0, false);
        if (length != NO_CONTRACTION)
            return (size_t)length;
    }
    size_t at = 0;
    struct character lead = first;
    if (first.code == ' ') {
        lead = look_at(cursor, 1);
        if (lead.classes & CLASS_MORE)
            return 0;
        at = 1;
    }
    if (lead.classes & CLASS_LETTER)
        at = run_of(cursor, at, CLASS_LETTER, &stop);
    else if (lead.classes & CLASS_NUMBER)
        at = run_of(cursor, at, CLASS_NUMBER, &stop);
    else if ((lead.classes & CLASS_NO_PUNCTUATION) == 0)
        at = run_without(cursor, at, CLASS_NO_PUNCTUATION, &stop);
    else {
        at = run_of(cursor, 0, CLASS_SPACE, &stop);
        return stop & CLASS_MORE ? 0 : blanks(cursor, 0, at, stop);
    }
    return unless_more(at, stop);
}

// \p{N}{1,MAX}
static size_t number(const struct cursor *cursor, unsigned max)
{
    size_t at = 0;
    struct character c = {0};
    for (unsigned i = 0; i < max && (c = look_at(cursor, at)).classes & CLASS_NUMBER; i++)
        at += c.length;
    return unless_more(at, c.classes);
}

size_t split_newlines(const struct cursor *cursor, const struct split_rules *rules, size_t at,
                      unsigned *stop)
{
    for (;; at++) {
        struct character c = look_at(cursor, at);
        *stop = c.classes;
        if ((c.classes & CLASS_NEWLINE) == 0
            && (!rules->slash_is_newline || (c.classes & CLASS_NO_CHARACTER) || c.code != '/'))
            return at;
    }
}

// Matches " ?[^\s\p{L}\p{N}]+[\r\n]*"; the punctuation begins at AT.
static size_t punctuation(const struct cursor *cursor, const struct split_rules *rules, size_t at)
{
    unsigned stop = 0;
    at = run_without(cursor, at, CLASS_NO_PUNCTUATION, &stop);
    if (stop & CLASS_NEWLINE)
        at = split_newlines(cursor, rules, at, &stop);
    return unless_more(at, stop);
}

// \s*[\r\n]+|\s+(?!\S)|\s+
static size_t blanks_by_line(const struct cursor *cursor, const struct split_rules *rules)
{
    size_t after_newline = 0, at = 0;
    struct character c;
    for (; (c = look_at(cursor, at)).classes & CLASS_SPACE; at += c.length)
        if (c.classes & CLASS_NEWLINE)
            after_newline = at + c.length;
    if (c.classes & CLASS_MORE)
        return 0;
    if (rules->blank_end_whole && (c.classes & CLASS_END))
        return at;
    return after_newline > 0 ? after_newline : blanks(cursor, 0, at, c.classes);
}

// Matches the alternatives that are not words, in order. FIRST and SECOND are the first characters.
static size_t not_a_word(const struct cursor *cursor, const struct split_rules *rules,
                         struct character first, struct character second)
{
    if (first.classes & CLASS_NUMBER)
        return number(cursor, rules->number_max);
    if ((first.classes & CLASS_NO_PUNCTUATION) == 0)
        return punctuation(cursor, rules, 0);
    if (first.code == ' ' && (second.classes & CLASS_NO_PUNCTUATION) == 0)
        return punctuation(cursor, rules, 1);
    return blanks_by_line(cursor, rules);
}

static size_t next_words(const struct cursor *cursor, const struct split_rules *rules)
{
    // Most words are letters, with or without a space before them.
    size_t lead = *cursor->text == ' ';
    unsigned stop;
    size_t word_end = run_of(cursor, lead, CLASS_LETTER, &stop);
    if (word_end > lead)
        return unless_more(word_end, stop);
    struct character first = look_at(cursor, 0);
    if (first.code == '\'') {
        int length = contraction_at(cursor, 0, true);
        if (length != NO_CONTRACTION)
            return (size_t)length;
    }
    struct character second = {.classes = CLASS_END};
    if ((first.classes & (CLASS_NUMBER | CLASS_NEWLINE)) == 0) {
        second = look_at(cursor, first.length);
        if (second.classes & CLASS_MORE)
            return 0;
        if (second.classes & CLASS_LETTER)
            return whole_run(cursor, first.length, CLASS_LETTER);
    }
    return not_a_word(cursor, rules, first, second);
}

enum { CASED_NEEDS_MORE = -1, CASED_NO_MATCH = 0 };

// Matches [UPPER]*[LOWER]+ at AT. *UPPER_END: the end of [UPPER]+ alone. If something other than a
// small letter follows the capitals, the match backtracks to the last character in both classes.
static ptrdiff_t cased_word(const struct cursor *cursor, size_t at, size_t *upper_end)
{
    size_t lower_end = CASED_NO_MATCH;
    struct character c;
    for (; (c = look_at(cursor, at)).classes & CLASS_UPPER; at += c.length)
        if (c.classes & CLASS_LOWER)
            lower_end = at + c.length;
    unsigned stop = c.classes;
    if (stop & CLASS_LOWER)
        lower_end = at = run_of(cursor, at, CLASS_LOWER, &stop);
    if (stop & CLASS_MORE)
        return CASED_NEEDS_MORE;
    *upper_end = at;
    return (ptrdiff_t)lower_end;
}

// Matches a word after its leading character, FIRST_LENGTH bytes, or from 0 without one.
static ptrdiff_t cased_word_or_capitals(const struct cursor *cursor, struct character first)
{
    size_t upper_end, upper_end_alone;
    size_t lead = first.classes & CLASS_LETTER ? 0 : first.length;
    ptrdiff_t end = cased_word(cursor, lead, &upper_end);
    if (end != CASED_NO_MATCH)
        return end;
    if (lead != 0 && (first.classes & CLASS_UPPER)) {
        end = cased_word(cursor, 0, &upper_end_alone);
        if (end != CASED_NO_MATCH)
            return end;
    }
    return upper_end > lead ? (ptrdiff_t)upper_end : CASED_NO_MATCH;
}

size_t split_with_contraction(const struct cursor *cursor, size_t end)
{
    struct character next = look_at(cursor, end);
    if (next.classes & CLASS_MORE)
        return 0;
    if ((next.classes & CLASS_END) || next.code != '\'')
        return end;
    int length = contraction_at(cursor, end, true);
    if (length == CONTRACTION_NEEDS_MORE)
        return 0;
    return length == NO_CONTRACTION ? end : end + (size_t)length;
}

static size_t next_cased_words(const struct cursor *cursor, const struct split_rules *rules)
{
    struct character first = look_at(cursor, 0), second = {.classes = CLASS_END};
    if ((first.classes & (CLASS_NUMBER | CLASS_NEWLINE)) == 0) {
        ptrdiff_t end = cased_word_or_capitals(cursor, first);
        if (end == CASED_NEEDS_MORE)
            return 0;
        if (end != CASED_NO_MATCH)
            return rules->contractions ? split_with_contraction(cursor, (size_t)end) : (size_t)end;
        second = look_at(cursor, first.length);
    }
    return not_a_word(cursor, rules, first, second);
}

static size_t next_before_space(const uint8_t *text, size_t size, bool last)
{
    const uint8_t *space = memchr(text + 1, ' ', size - 1);
    return space != NULL ? (size_t)(space - text) : last ? size : 0;
}

size_t split_next(const struct split_rules *rules, const uint8_t *text, size_t size, bool last)
{
    struct cursor cursor = cursor_at(rules, text, size, last);
    if (rules->digits_alone) {
        uint32_t code;
        size_t length = utf8_decode(text, size, &code);
        if (unicode_classes(code) & CLASS_DIGIT)
            return length;
    }
    switch (rules->kind) {
    case SPLIT_GPT2:
        return next_gpt2(&cursor);
    case SPLIT_WORDS:
        return next_words(&cursor, rules);
    case SPLIT_CASED_WORDS:
        return next_cased_words(&cursor, rules);
    case SPLIT_BEFORE_SPACE:
        return next_before_space(text, size, last);
    default:
        return last ? size : 0;
    }
}
