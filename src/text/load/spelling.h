// SPDX-License-Identifier: BSD-2-Clause
// How tokenizer files spell bytes.

#ifndef AOTI_TEXT_LOAD_SPELLING_H
#define AOTI_TEXT_LOAD_SPELLING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "text/tokenizer.h"

struct spelled {
    uint8_t *text;  // owned
    size_t size;
    bool plain;     // every character was one that the spelling has for text
    bool is_byte;   // "<0xE4>"
};

// The bytes that SPELLING, of a token in a file whose components made RULES, stands for when it is
// decoded. The caller frees text.
struct spelled spelling_read(const struct tokenizer_rules *rules, const char *spelling,
                             size_t size);

// The character that spells BYTE in byte-level files.
uint32_t spelling_of_byte(uint8_t byte);

// The byte of "<0xE4>", or -1.
int spelling_byte(const char *spelling, size_t size);

#endif
