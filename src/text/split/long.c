// SPDX-License-Identifier: BSD-2-Clause
// How words that are too long to wait for their end continue.
//
// How it works: a word whose end is not in sight is, as far as it is known, one run of characters
// that its grammar repeats. Its last character tells which run it is, and that is all
// that has to be remembered: the word goes on for as long as that run does. The certain bytes can
// be encoded and dropped. Only the tail that the end of a run may leave to the next word is kept.
//
// Example: of 200,000 letters "aaaa..." all are certain, RUN_LETTERS. If "bb cc" follows,
// split_rest() returns 2: "bb" still belongs to the word. Of 200,000 spaces, the last one is not
// certain: before a letter, it begins the next word. Each byte is looked at once.

#include "config.h"

#include <string.h>

#include "text/split/cursor.h"
#include "text/split/split.h"

static bool goes_by_lines(const struct split_rules *rules)
{
    return rules->kind == SPLIT_WORDS || rules->kind == SPLIT_CASED_WORDS;
}

// White space belongs to the word except for its last character, which may be left to what follows;
// in grammars with lines, white space up to the last newline belongs to the word.
static enum split_run unfinished_blanks(const struct split_rules *rules, enum split_run before,
                                        const uint8_t *text, size_t size, size_t *certain)
{
    size_t end = goes_by_lines(rules) ? size : 0;
    while (end > 0 && text[end - 1] != '\n' && text[end - 1] != '\r')
        end--;
    bool by_lines = end > 0 || before == RUN_LINES;
    *certain = by_lines ? end : (size_t)(utf8_previous(text, text + size) - text);
    return by_lines ? RUN_LINES : RUN_BLANKS;
}

// Returns true if the text does not end in a contraction, which would end the word.
static bool ends_in_word(const struct split_rules *rules, const uint8_t *text, size_t size)
{
    enum { CONTRACTION_MAX = 3 };
    return !rules->contractions || size <= CONTRACTION_MAX
           || memchr(text + size - CONTRACTION_MAX, '\'', CONTRACTION_MAX) == NULL;
}

// The known text is one word if it ended here. Its last character tells which alternative matched.
static enum split_run unfinished_run(const struct split_rules *rules, const uint8_t *text,
                                     size_t size, size_t *certain)
{
    struct cursor cursor = cursor_at(rules, text, size, false);
    const uint8_t *last = utf8_previous(text, text + size);
    unsigned classes = look_at(&cursor, (size_t)(last - text)).classes, stop;
    size_t lead = *text == ' ' ? 1 : 0;
    bool cased = rules->kind == SPLIT_CASED_WORDS;
    if (classes & CLASS_SPACE)
        return run_of(&cursor, 0, CLASS_SPACE, &stop) < size
                   ? RUN_NONE
                   : unfinished_blanks(rules, RUN_NONE, text, size, certain);
    if (cased && (classes & (CLASS_LETTER | CLASS_MARK)))
        return (classes & CLASS_UPPER) || !ends_in_word(rules, text, size) ? RUN_NONE
                                                                           : RUN_SMALL_LETTERS;
    if (classes & CLASS_LETTER)
        return RUN_LETTERS;
    if (classes & CLASS_NUMBER)
        return rules->kind == SPLIT_GPT2 ? RUN_NUMBERS : RUN_NONE;
    return run_without(&cursor, lead, CLASS_NO_PUNCTUATION, &stop) < size ? RUN_NONE
                                                                          : RUN_PUNCTUATION;
}

enum split_run split_unfinished(const struct split_rules *rules, const uint8_t *text, size_t size,
                                size_t *certain)
{
    *certain = size;
    if (rules->kind == SPLIT_NOWHERE)
        return RUN_WORD;
    if (rules->kind == SPLIT_BEFORE_SPACE)
        return RUN_TO_SPACE;
    if (rules->kind < SPLIT_GPT2 || split_next(rules, text, size, true) != size)
        return RUN_NONE;
    return unfinished_run(rules, text, size, certain);
}

enum split_run split_still_unfinished(const struct split_rules *rules, enum split_run run,
                                      const uint8_t *text, size_t size, size_t *certain)
{
    *certain = size;
    if (size > 0 && (run == RUN_BLANKS || run == RUN_LINES))
        return unfinished_blanks(rules, run, text, size, certain);
    return run;
}

static ptrdiff_t rest_of_blanks(const struct cursor *cursor, const struct split_rules *rules,
                                enum split_run run)
{
    size_t after_newline = 0, at = 0, before_last = 0;
    struct character c;
    for (; (c = look_at(cursor, at)).classes & CLASS_SPACE; at += c.length) {
        before_last = at;
        if ((c.classes & CLASS_NEWLINE) && goes_by_lines(rules))
            after_newline = at + c.length;
    }
    if (c.classes & CLASS_MORE)
        return SPLIT_NEEDS_MORE;
    if ((c.classes & CLASS_END) && (run == RUN_BLANKS || rules->blank_end_whole)
        && (after_newline == 0 || rules->blank_end_whole))
        return (ptrdiff_t)at;
    if (after_newline > 0 || run == RUN_LINES)
        return (ptrdiff_t)after_newline;
    return (ptrdiff_t)before_last;
}

static ptrdiff_t rest_of_run(const struct cursor *cursor, const struct split_rules *rules,
                             enum split_run run)
{
    unsigned stop;
    size_t end;
    if (run == RUN_PUNCTUATION) {
        end = run_without(cursor, 0, CLASS_NO_PUNCTUATION, &stop);
        if ((stop & CLASS_NEWLINE) && goes_by_lines(rules))
            end = split_newlines(cursor, rules, end, &stop);
    } else {
        unsigned classes = run == RUN_LETTERS   ? CLASS_LETTER
                           : run == RUN_NUMBERS ? CLASS_NUMBER
                                                : CLASS_LOWER;
        end = run_of(cursor, 0, classes, &stop);
    }
    if (stop & CLASS_MORE)
        return SPLIT_NEEDS_MORE;
    if (run != RUN_SMALL_LETTERS || !rules->contractions)
        return (ptrdiff_t)end;
    struct character next = look_at(cursor, end);
    if ((next.classes & CLASS_END) || next.code != '\'')
        return (ptrdiff_t)end;
    end = split_with_contraction(cursor, end);
    return end > 0 ? (ptrdiff_t)end : SPLIT_NEEDS_MORE;
}

ptrdiff_t split_rest(const struct split_rules *rules, enum split_run run, const uint8_t *text,
                     size_t size, bool last)
{
    struct cursor cursor = cursor_at(rules, text, size, last);
    if (run == RUN_BLANKS || run == RUN_LINES)
        return rest_of_blanks(&cursor, rules, run);
    if (run != RUN_TO_SPACE)
        return rest_of_run(&cursor, rules, run);
    const uint8_t *space = size > 0 ? memchr(text, ' ', size) : NULL;
    return space != NULL ? space - text : last ? (ptrdiff_t)size : SPLIT_NEEDS_MORE;
}
