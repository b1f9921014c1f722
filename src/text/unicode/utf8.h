// SPDX-License-Identifier: BSD-2-Clause
// UTF-8 that may be cut or broken anywhere.

#ifndef AOTI_TEXT_UNICODE_UTF8_H
#define AOTI_TEXT_UNICODE_UTF8_H

#include <stddef.h>
#include <stdint.h>

enum {
    UTF8_MAX = 4,               // bytes of the longest character
    UTF8_INVALID = 0x7fffffff,  // result of utf8_decode() for a byte that begins no character
    METASPACE = 0x2581,         // spells a space in tokens
    METASPACE_SIZE = 3,         // of METASPACE_TEXT
};

#define METASPACE_TEXT "\xe2\x96\x81"

// Inspects the character at TEXT, SIZE > 0 bytes. Returns the length of a valid character and sets
// *CODE; or 0 if all bytes are the beginning of one; or minus the number of bytes that one
// replacement character stands for (maximal subpart, Unicode, chapter 3).
int utf8_inspect(const uint8_t *text, size_t size, uint32_t *code);

// Returns the size of the longest prefix of TEXT made of whole valid characters.
size_t utf8_valid_prefix(const uint8_t *text, size_t size);

// Reads the character at TEXT and returns its length. A byte that begins no whole character counts
// as one character, UTF8_INVALID.
static inline size_t utf8_decode(const uint8_t *text, size_t size, uint32_t *code)
{
    uint8_t first = text[0];
    if (first < 0x80) {
        *code = first;
        return 1;
    }
    // Two-byte characters, the most frequent ones beyond ASCII, without a call.
    if (first >= 0xc2 && first < 0xe0 && size >= 2 && (text[1] & 0xc0) == 0x80) {
        *code = (first & 0x1fu) << 6 | (text[1] & 0x3fu);
        return 2;
    }
    if ((first & 0xf0) == 0xe0 && size >= 3 && (text[1] & 0xc0) == 0x80
        && (text[2] & 0xc0) == 0x80) {
        *code = (first & 0xfu) << 12 | (text[1] & 0x3fu) << 6 | (text[2] & 0x3fu);
        if (*code >= 0x800 && *code >> 11 != 0xd800 >> 11)
            return 3;
    }
    int length = utf8_inspect(text, size, code);
    if (length > 0)
        return (size_t)length;
    *code = UTF8_INVALID;
    return 1;
}

// Returns the start of the character that ends at END, not before BEGIN; BEGIN < END.
const uint8_t *utf8_previous(const uint8_t *begin, const uint8_t *end);

// Returns how many bytes at the end of TEXT are an incomplete character, 0 to UTF8_MAX - 1.
size_t utf8_incomplete_tail(const uint8_t *text, size_t size);

// Writes CODE, a valid code point. Returns the number of bytes.
size_t utf8_encode(uint32_t code, uint8_t text[UTF8_MAX]);

#endif
