// SPDX-License-Identifier: BSD-2-Clause
// Character classes by Unicode 16.0, which the reference tokenizers use.

#ifndef AOTI_TEXT_UNICODE_CLASSES_H
#define AOTI_TEXT_UNICODE_CLASSES_H

#include <stdint.h>

#define UNICODE_CLASSES_VERSION "16.0.0"

enum {
    CLASS_LETTER = 1 << 0,   // \p{L}
    CLASS_NUMBER = 1 << 1,   // \p{N}
    CLASS_SPACE = 1 << 2,    // \s, White_Space
    CLASS_MARK = 1 << 3,     // \p{M}
    CLASS_NEWLINE = 1 << 4,  // carriage return and line feed
    CLASS_UPPER = 1 << 5,    // Lu Lt Lm Lo M, what a capitalized word may begin with
    CLASS_LOWER = 1 << 6,    // Ll Lm Lo M, what it may go on with
    CLASS_WORD = 1 << 7,     // \w
    CLASS_DIGIT = 1 << 8,    // what the Digits pre-tokenizer takes for a digit
};

enum { UNICODE_BLOCK = 128, CODE_POINT_MAX = 0x10ffff };

extern const uint16_t unicode_class_index[(CODE_POINT_MAX + 1) / UNICODE_BLOCK];
extern const uint16_t unicode_class_blocks[][UNICODE_BLOCK];

static inline unsigned unicode_classes_ascii(uint8_t code)
{
    return unicode_class_blocks[0][code];
}

// The classes of CODE, or 0 for what is no code point.
static inline unsigned unicode_classes(uint32_t code)
{
    if (code > CODE_POINT_MAX)
        return 0;
    return unicode_class_blocks[unicode_class_index[code / UNICODE_BLOCK]][code % UNICODE_BLOCK];
}

#endif
