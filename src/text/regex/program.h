// SPDX-License-Identifier: BSD-2-Clause
// A compiled regular expression: instructions that are followed one by one. If one fails, the match
// goes back to the last choice.

#ifndef AOTI_TEXT_REGEX_PROGRAM_H
#define AOTI_TEXT_REGEX_PROGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "text/regex/regex.h"

enum opcode {
    OP_ONE,             // takes a character of the set
    OP_RUN,             // takes MIN to MAX of them, as many as possible
    OP_CHOICE,          // continues here if the next byte is in FILTER, else, or later, at TARGET
    OP_JUMP,            // continues at TARGET
    OP_ATOMIC,          // the part up to OP_DONE matches in its first way; then TARGET
    OP_LOOK_AHEAD,      // the part up to OP_DONE must match, and takes nothing; then TARGET
    OP_LOOK_AHEAD_NOT,  // the part up to OP_DONE must not match; then TARGET
    OP_LINE_END,
    OP_TEXT_END,
    OP_LAST_LINE_END,
    OP_DONE,  // the expression, or the part, matches
};

struct instruction {
    enum opcode opcode;
    uint32_t set;     // OP_ONE, OP_RUN: number of the set
    uint32_t target;  // number of an instruction
    uint32_t min, max;
    uint32_t filter;  // OP_CHOICE: number of the set of bytes to continue with, or NO_FILTER
};

enum { NO_FILTER = 0 };

// A set of bytes.
struct byte_set {
    uint64_t bits[4];
};

// A set of characters, with a bit for each ASCII character.
struct character_set {
    uint64_t ascii[2];
    struct code_set set;
};

struct regex {
    enum regex_text_kind kind;
    struct instruction *instructions;  // owned
    size_t count, capacity;
    struct character_set *sets;  // owned
    size_t set_count, set_capacity;
    struct byte_set *filters;  // owned; number NO_FILTER holds the first bytes of matches
    size_t filter_count, filter_capacity;
    uint32_t codes[256];  // REGEX_BYTES: the character that each byte is
};

static inline bool byte_set_has(const struct byte_set *set, uint8_t byte)
{
    return set->bits[byte / 64] >> (byte % 64) & 1;
}

static inline bool character_set_has(const struct character_set *set, uint32_t code)
{
    return code < 128 ? set->ascii[code / 64] >> (code % 64) & 1 : code_set_has(&set->set, code);
}

#endif
