// SPDX-License-Identifier: BSD-2-Clause
// Reading of text for the grammars in split.c and long.c.

#ifndef AOTI_TEXT_SPLIT_CURSOR_H
#define AOTI_TEXT_SPLIT_CURSOR_H

#include <endian.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "text/split/split.h"
#include "text/unicode/classes.h"
#include "text/unicode/utf8.h"

// In addition to the classes of unicode/classes.h:
enum {
    CLASS_END = 1 << 16,   // the text ends here
    CLASS_MORE = 1 << 17,  // more text is needed to tell
    CLASS_WORD_OR_NUMBER = CLASS_LETTER | CLASS_NUMBER,
    CLASS_NO_CHARACTER = CLASS_END | CLASS_MORE,
    CLASS_NO_PUNCTUATION = CLASS_SPACE | CLASS_LETTER | CLASS_NUMBER | CLASS_NO_CHARACTER,
};

struct cursor {
    const uint8_t *text;
    size_t size;
    unsigned at_size;  // CLASS_END or CLASS_MORE: what follows the last byte
    unsigned barrier;  // characters of these classes end the text
};

struct character {
    unsigned classes;
    unsigned length;  // bytes
    uint32_t code;
};

static inline struct character look_beyond_ascii(const struct cursor *cursor, size_t at)
{
    if (at >= cursor->size)
        return (struct character){.classes = cursor->at_size};
    struct character c;
    c.length = (unsigned)utf8_decode(cursor->text + at, cursor->size - at, &c.code);
    c.classes = unicode_classes(c.code);
    if (c.classes & cursor->barrier)
        return (struct character){.classes = CLASS_END};
    return c;
}

static __attribute__((noinline)) struct character look_far(const struct cursor *cursor, size_t at)
{
    return look_beyond_ascii(cursor, at);
}

static inline struct character look_at(const struct cursor *cursor, size_t at)
{
    if (at >= cursor->size || cursor->text[at] >= 0x80)
        return look_far(cursor, at);
    struct character c = {.code = cursor->text[at], .length = 1};
    c.classes = unicode_classes_ascii((uint8_t)c.code);
    return c.classes & cursor->barrier ? (struct character){.classes = CLASS_END} : c;
}

// Returns the number of ASCII letters at the beginning of the eight bytes at TEXT.
static inline size_t ascii_letters(const uint8_t *text)
{
    const uint64_t ones = UINT64_C(0x0101010101010101), high_bits = ones * 0x80;
    uint64_t bytes;
    memcpy(&bytes, text, sizeof bytes);
    bytes = le64toh(bytes);
    uint64_t small = (bytes | ones * 0x20) & ~high_bits;
    uint64_t from_a = small + ones * (0x80 - 'a'), beyond_z = small + ones * (0x7f - 'z');
    uint64_t others = (~from_a | beyond_z | bytes) & high_bits;
    return others != 0 ? (size_t)__builtin_ctzll(others) / 8 : sizeof bytes;
}

// Returns the end of the run of ASCII characters with one of CLASSES, or an earlier place.
static inline size_t ascii_run_of(const struct cursor *cursor, size_t at, unsigned classes)
{
    const uint8_t *text = cursor->text;
    enum { STEP = sizeof(uint64_t) };
    if (classes == CLASS_LETTER) {
        for (size_t count = STEP; count == STEP && cursor->size - at >= STEP; at += count)
            count = ascii_letters(text + at);
        return at;
    }
    while (at < cursor->size && text[at] < 0x80 && (unicode_classes_ascii(text[at]) & classes)
           && (unicode_classes_ascii(text[at]) & cursor->barrier) == 0)
        at++;
    return at;
}

// Returns the end of the run of characters with one of CLASSES. *STOP: the classes of what ended
// it.
static inline size_t run_of(const struct cursor *cursor, size_t at, unsigned classes,
                            unsigned *stop)
{
    for (;;) {
        if (at < cursor->size && cursor->text[at] < 0x80) {
            at = ascii_run_of(cursor, at, classes);
            if (at < cursor->size && cursor->text[at] < 0x80) {
                unsigned found = unicode_classes_ascii(cursor->text[at]);
                found = found & cursor->barrier ? CLASS_END : found;
                if ((found & classes) == 0) {
                    *stop = found;
                    return at;
                }
                at++;
                continue;
            }
        }
        struct character c = look_beyond_ascii(cursor, at);
        if ((c.classes & classes) == 0) {
            *stop = c.classes;
            return at;
        }
        at += c.length;
    }
}

// Like run_of(), for characters with none of CLASSES.
static inline size_t run_without(const struct cursor *cursor, size_t at, unsigned classes,
                                 unsigned *stop)
{
    const uint8_t *text = cursor->text;
    for (;;) {
        while (at < cursor->size && text[at] < 0x80
               && (unicode_classes_ascii(text[at]) & (classes | cursor->barrier)) == 0)
            at++;
        struct character c = look_at(cursor, at);
        if (c.classes & classes) {
            *stop = c.classes;
            return at;
        }
        at += c.length;
    }
}

static inline struct cursor cursor_at(const struct split_rules *rules, const uint8_t *text,
                                      size_t size, bool last)
{
    return (struct cursor){
        .text = text,
        .size = size,
        .at_size = last ? CLASS_END : CLASS_MORE,
        .barrier = rules->digits_alone ? CLASS_DIGIT : 0,
    };
}

// Returns the end of [\r\n]* from AT, including slashes if the rules say so.
size_t split_newlines(const struct cursor *cursor, const struct split_rules *rules, size_t at,
                      unsigned *stop);

// Returns the end of the contraction at END, END itself if there is none, 0 if that is not known
// yet.
size_t split_with_contraction(const struct cursor *cursor, size_t end);

#endif
