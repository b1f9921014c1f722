// SPDX-License-Identifier: BSD-2-Clause

#include "config.h"

#include "text/scan.h"

#include <string.h>

#include "text/unicode/classes.h"
#include "text/unicode/utf8.h"
#include "text/word_encoder.h"

enum {
    HISTORY = 8,      // bytes kept before from, to see what precedes a token
    FRONT_SLACK = 1,  // the writable byte before the text
};

static uint8_t *text_of(const struct scanner *scanner)
{
    return (uint8_t *)scanner->text.data;
}

static void restart(struct scanner *scanner)
{
    scanner->origin += scanner->text.size - FRONT_SLACK;
    scanner->text.size = FRONT_SLACK;
    scanner->from = scanner->next = FRONT_SLACK;
    scanner->begin = FRONT_SLACK;
    scanner->stripping = scanner->fragment_open = false;
}

void scanner_init(struct scanner *scanner, const struct added_set *set,
                  const struct scan_sink *sink)
{
    *scanner = (struct scanner){.set = set, .sink = *sink};
    buffer_reserve(&scanner->text, 4096);
    memset(scanner->text.data, 0, 4096);
    scanner->text.size = FRONT_SLACK;
    restart(scanner);
}

void scanner_free(struct scanner *scanner)
{
    buffer_free(&scanner->text);
}

uint8_t *scanner_reserve(struct scanner *scanner, size_t size)
{
    return (uint8_t *)buffer_reserve(&scanner->text, size + WORD_READ_AHEAD);
}

static bool is_blank(const struct scanner *scanner, uint32_t code)
{
    return (unicode_classes(code) & CLASS_SPACE) && !(code == ' ' && scanner->space_is_text);
}

// Returns where the white space before END begins, not before FIRST.
static size_t before_blanks(const struct scanner *scanner, size_t first, size_t end)
{
    const uint8_t *text = text_of(scanner);
    while (end > first) {
        const uint8_t *previous = utf8_previous(text + first, text + end);
        uint32_t code;
        utf8_decode(previous, (size_t)(text + end - previous), &code);
        if (!is_blank(scanner, code))
            break;
        end = (size_t)(previous - text);
    }
    return end;
}

static void skip_stripped(struct scanner *scanner)
{
    uint32_t code;
    while (scanner->stripping && scanner->from < scanner->text.size) {
        size_t length = utf8_decode(text_of(scanner) + scanner->from,
                                    scanner->text.size - scanner->from, &code);
        if (is_blank(scanner, code))
            scanner->from += length;
        else
            scanner->stripping = false;
    }
}

// Returns true if a word character touches the match on either side.
static bool touches_word(const struct scanner *scanner, const struct added_match *match)
{
    uint32_t code;
    if (match->end < scanner->text.size) {
        utf8_decode(text_of(scanner) + match->end, scanner->text.size - match->end, &code);
        if (unicode_classes(code) & CLASS_WORD)
            return true;
    }
    if ((ssize_t)match->begin <= scanner->begin)
        return false;
    const uint8_t *text = text_of(scanner), *end = text + match->begin;
    size_t first = scanner->begin > 0 ? (size_t)scanner->begin : 0;
    const uint8_t *previous = utf8_previous(text + first, end);
    utf8_decode(previous, (size_t)(end - previous), &code);
    return unicode_classes(code) & CLASS_WORD;
}

// Returns the next match that counts. A rejected match still consumes its characters.
static struct added_match next_match(const struct scanner *scanner, bool last)
{
    size_t from = scanner->next;
    for (;;) {
        struct added_match match =
            added_set_search(scanner->set, text_of(scanner), from, scanner->text.size, last);
        if (match.kind != ADDED_FOUND)
            return match;
        bool accepted = scanner->sink.accepts(scanner->sink.context, match.token);
        if (accepted && match.token->single_word) {
            if (match.end == scanner->text.size && !last) {
                match.kind = ADDED_UNKNOWN;
                return match;
            }
            accepted = !touches_word(scanner, &match);
        }
        if (accepted)
            return match;
        from = match.end;
    }
}

// Hands on the text between from and END.
static void give_text(struct scanner *scanner, size_t end, bool ends)
{
    size_t size = end > scanner->from ? end - scanner->from : 0;
    if (size == 0 && !(ends && scanner->fragment_open))
        return;
    scanner->fragment_open = !ends;
    scanner->from += scanner->sink.take_text(scanner->sink.context,
                                             text_of(scanner) + scanner->from, size, ends);
}

static void take_match(struct scanner *scanner, const struct added_match *match)
{
    size_t end = match->begin;
    if (match->token->strip_left && end > scanner->from)
        end = before_blanks(scanner, scanner->from, end);
    give_text(scanner, end, true);
    scanner->sink.take_token(
        scanner->sink.context, match->token,
        (struct span){scanner->origin + match->begin, scanner->origin + match->end});
    scanner->from = scanner->next = match->end;
    scanner->stripping = match->token->strip_right;
}

// Drops finished text except for a little history. Moves memory only if that frees much.
static void forget(struct scanner *scanner)
{
    size_t done = scanner->from < scanner->next ? scanner->from : scanner->next;
    if (done <= HISTORY || done - HISTORY < scanner->text.size / 2)
        return;
    size_t gone = done - HISTORY;
    buffer_consume(&scanner->text, gone);
    scanner->origin += gone;
    scanner->from -= gone;
    scanner->next -= gone;
    scanner->begin = scanner->begin < (ssize_t)gone ? -1 : scanner->begin - (ssize_t)gone;
}

// Takes all matches. Returns the result that ended the search.
static struct added_match take_matches(struct scanner *scanner, bool last)
{
    scanner_reserve(scanner, 0);
    for (;;) {
        skip_stripped(scanner);
        struct added_match match = next_match(scanner, last);
        if (match.kind != ADDED_FOUND)
            return match;
        take_match(scanner, &match);
    }
}

void scanner_run(struct scanner *scanner, bool last)
{
    struct added_match match = take_matches(scanner, last);
    size_t end = match.begin;
    if (scanner->set->any_strip_left && !last && end > scanner->from)
        end = before_blanks(scanner, scanner->from, end);
    scanner->next = match.begin;
    give_text(scanner, end, last);
    if (last)
        restart(scanner);
    else
        forget(scanner);
}

void scanner_put(struct scanner *scanner, const struct added_token *token)
{
    size_t end = take_matches(scanner, true).begin;
    if (token->strip_left && end > scanner->from)
        end = before_blanks(scanner, scanner->from, end);
    give_text(scanner, end, true);
    uint64_t place = scanner_end(scanner);
    restart(scanner);
    scanner->sink.take_token(scanner->sink.context, token, (struct span){place, place});
    scanner->stripping = token->strip_right;
}
