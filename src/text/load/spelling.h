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
    bool plain;     // every character has a meaning in this spelling
    bool is_byte;   // spelled like "<0xE4>"
};

// Returns the bytes that a token of a file with these RULES, spelled SPELLING, decodes to. Free
// text with free().
struct spelled spelling_read(const struct tokenizer_rules *rules, const char *spelling,
                             size_t size);

// Returns the character that spells BYTE in byte-level files.
uint32_t spelling_of_byte(uint8_t byte);

// Returns the byte spelled like "<0xE4>", or -1.
int spelling_byte(const char *spelling, size_t size);

#endif
