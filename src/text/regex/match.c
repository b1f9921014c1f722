// SPDX-License-Identifier: BSD-2-Clause
// Follows a program through a text.
//
// How it works. An instruction takes characters or tests the place. If it fails, the match goes
// back to the last choice, for which a place and an instruction were noted. A repeat of one set
// notes a single choice, however long it is; going back, it gives up its last character. As soon as
// an instruction looks at the end of a text that continues, the result is that more is needed. Text
// that was not looked at cannot change a match.
//
// Example: \s+(?!\S) at "  a". The repeat takes both blanks, the look-ahead finds a letter and
// fails, the repeat gives up a blank, the look-ahead finds that blank, and the match is one blank.
// At "  ", if the text continues, the repeat has looked at its end: more is needed.
//
// Without nested repeats, time is linear in the length of the match. With them it may be
// exponential, so the number of steps is limited.

#include "config.h"

#include <stdlib.h>

#include "common/diagnostics.h"
#include "common/memory.h"
#include "text/regex/program.h"
#include "text/unicode/utf8.h"

enum { STEPS_A_BYTE = 1000, STEPS_MIN = 1000000, PART_FAILS = -1, PART_NEEDS_MORE = -2 };

// An alternative that was not tried yet: INSTRUCTION at AT, then at each earlier character down to
// LOW.
struct regex_choice {
    uint32_t instruction;
    size_t at, low;
};

struct match {
    const struct regex *regex;
    const uint8_t *text;
    size_t size;
    bool ends;
    bool needs_more;  // the end of a text that continues was looked at
    struct regex_memory *memory;
    size_t steps;  // left
};

void regex_memory_free(struct regex_memory *memory)
{
    free(memory->choices);
    *memory = (struct regex_memory){0};
}

// Returns the length of the character at AT, or 0 at the end.
static inline size_t character_at(struct match *match, size_t at, uint32_t *code)
{
    if (at == match->size) {
        match->needs_more |= !match->ends;
        return 0;
    }
    if (match->regex->kind == REGEX_BYTES) {
        *code = match->regex->codes[match->text[at]];
        return 1;
    }
    return utf8_decode(match->text + at, match->size - at, code);
}

// Returns the length of the character at AT, or 0 if it is not in SET.
static inline size_t take_one(struct match *match, uint32_t set, size_t at)
{
    uint32_t code = 0;
    size_t length = character_at(match, at, &code);
    return length > 0 && character_set_has(&match->regex->sets[set], code) ? length : 0;
}

static void note_choice(struct match *match, uint32_t instruction, size_t at, size_t low)
{
    struct regex_memory *memory = match->memory;
    memory->choices =
        xgrow(memory->choices, memory->count, &memory->capacity, sizeof *memory->choices);
    memory->choices[memory->count++] = (struct regex_choice){instruction, at, low};
}

// Takes the last choice, unless it is older than number BASE. Returns false if there is none.
static bool go_back(struct match *match, size_t base, uint32_t *instruction, size_t *at)
{
    struct regex_memory *memory = match->memory;
    if (memory->count == base)
        return false;
    struct regex_choice *choice = &memory->choices[memory->count - 1];
    *instruction = choice->instruction;
    *at = choice->at;
    if (choice->at == choice->low)
        memory->count--;
    else if (match->regex->kind == REGEX_BYTES)
        choice->at--;
    else
        choice->at = (size_t)(utf8_previous(match->text + choice->low, match->text + choice->at)
                              - match->text);
    return true;
}

// Takes a repeat of one set at *AT, and notes that it may be shorter. Returns false if it is too
// short.
static bool take_run(struct match *match, const struct instruction *run, uint32_t next, size_t *at)
{
    size_t low = *at, end = *at, length, last = *at;
    for (uint32_t taken = 0; taken < run->max; taken++) {
        if ((length = take_one(match, run->set, end)) == 0) {
            if (taken < run->min)
                return false;
            break;
        }
        last = end;
        end += length;
        if (taken + 1 == run->min)
            low = end;
    }
    if (end > low)
        note_choice(match, next, last, low);
    *at = end;
    return true;
}

// Returns true if there is a newline at AT.
static bool is_newline(struct match *match, size_t at)
{
    uint32_t code = 0;
    return character_at(match, at, &code) > 0 && code == '\n';
}

// Returns true if the text ends at AT.
static bool is_end(struct match *match, size_t at)
{
    uint32_t code;
    return character_at(match, at, &code) == 0;
}

static ptrdiff_t run_part(struct match *match, uint32_t instruction, size_t at);

// Follows the part of the program that INSTRUCTION begins, and moves *AT if it takes characters.
// Returns false if it fails.
static bool pass_part(struct match *match, uint32_t instruction, size_t *at)
{
    const enum opcode opcode = match->regex->instructions[instruction].opcode;
    ptrdiff_t end = run_part(match, instruction + 1, *at);
    if (opcode == OP_ATOMIC && end >= 0)
        *at = (size_t)end;
    return opcode == OP_LOOK_AHEAD_NOT ? end == PART_FAILS : end >= 0;
}

// Returns true if a match with FILTER may begin at AT.
static bool can_begin(const struct match *match, uint32_t filter, size_t at)
{
    return filter == NO_FILTER || at == match->size
           || byte_set_has(&match->regex->filters[filter], match->text[at]);
}

// Follows one instruction. Returns false if it fails.
static bool follow(struct match *match, uint32_t *instruction, size_t *at)
{
    const struct instruction *now = &match->regex->instructions[*instruction];
    const uint32_t next = *instruction + 1;
    size_t length;
    switch (now->opcode) {
    case OP_ONE:
        length = take_one(match, now->set, *at);
        *at += length;
        *instruction = next;
        return length > 0;
    case OP_RUN:
        *instruction = next;
        return take_run(match, now, next, at);
    case OP_CHOICE:
        *instruction = next;
        if (can_begin(match, now->filter, *at))
            note_choice(match, now->target, *at, *at);
        else
            *instruction = now->target;
        return true;
    case OP_JUMP:
        *instruction = now->target;
        return true;
    case OP_LINE_END:
        *instruction = next;
        return is_end(match, *at) || is_newline(match, *at);
    case OP_TEXT_END:
        *instruction = next;
        return is_end(match, *at);
    case OP_LAST_LINE_END:
        *instruction = next;
        return is_end(match, *at) || (is_newline(match, *at) && is_end(match, *at + 1));
    default: {
        const uint32_t target = now->target;
        bool passes = pass_part(match, *instruction, at);
        *instruction = target;
        return passes;
    }
    }
}

// Follows the program from INSTRUCTION to the OP_DONE of its part. Returns the end of the match,
// PART_FAILS or PART_NEEDS_MORE.
static ptrdiff_t run_part(struct match *match, uint32_t instruction, size_t at)
{
    const size_t base = match->memory->count;
    while (match->regex->instructions[instruction].opcode != OP_DONE) {
        if (match->steps-- == 0)
            die(STATUS_INPUT, "the regular expression of the tokenizer takes too long");
        bool goes_on = follow(match, &instruction, &at);
        if (match->needs_more)
            return PART_NEEDS_MORE;
        if (!goes_on && !go_back(match, base, &instruction, &at))
            return PART_FAILS;
    }
    match->memory->count = base;
    return (ptrdiff_t)at;
}

enum regex_result regex_search(const struct regex *regex, const struct regex_text *text,
                               size_t from, struct regex_memory *memory,
                               struct regex_match *found)
{
    struct match match = {.regex = regex, .text = text->text, .size = text->size,
                          .ends = text->ends, .memory = memory};
    for (size_t at = from; at < text->size;) {
        if (byte_set_has(&regex->filters[NO_FILTER], text->text[at])) {
            match.steps = STEPS_MIN + (text->size - at) * STEPS_A_BYTE;
            memory->count = 0;
            ptrdiff_t end = run_part(&match, 0, at);
            if (end != PART_FAILS) {
                *found = (struct regex_match){at, end >= 0 ? (size_t)end : at};
                return end >= 0 ? REGEX_MATCHES : REGEX_NEEDS_MORE;
            }
        }
        uint32_t code;
        at += regex->kind == REGEX_BYTES ? 1 : utf8_decode(text->text + at, text->size - at, &code);
    }
    *found = (struct regex_match){text->size, text->size};
    return text->ends ? REGEX_NO_MATCH : REGEX_NEEDS_MORE;
}
