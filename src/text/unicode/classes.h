// SPDX-License-Identifier: BSD-2-Clause
// Character classes of Unicode 16.0, the version of the reference tokenizers.

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
    CLASS_UPPER = 1 << 5,    // Lu Lt Lm Lo M, may begin a capitalized word
    CLASS_LOWER = 1 << 6,    // Ll Lm Lo M, may follow in one
    CLASS_WORD = 1 << 7,     // \w
    CLASS_DIGIT = 1 << 8,    // a digit to the Digits pre-tokenizer
};

enum { UNICODE_BLOCK = 128, CODE_POINT_MAX = 0x10ffff };

extern const uint16_t unicode_class_index[(CODE_POINT_MAX + 1) / UNICODE_BLOCK];
extern const uint16_t unicode_class_blocks[][UNICODE_BLOCK];

static inline unsigned unicode_classes_ascii(uint8_t code)
{
    return unicode_class_blocks[0][code];
}

// Returns the classes of CODE, 0 if it is not a code point.
static inline unsigned unicode_classes(uint32_t code)
{
    if (code > CODE_POINT_MAX)
        return 0;
    return unicode_class_blocks[unicode_class_index[code / UNICODE_BLOCK]][code % UNICODE_BLOCK];
}

#endif
