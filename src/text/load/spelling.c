// SPDX-License-Identifier: BSD-2-Clause

#include "config.h"

#include "text/load/spelling.h"

#include <string.h>

#include "common/memory.h"
#include "text/unicode/utf8.h"

enum { BYTE_NONE = -1 };

// Byte-level spelling keeps these bytes as they are; the others, in order, become U+0100 and up.
static bool is_own_spelling(uint32_t code)
{
    return (code >= 0x21 && code <= 0x7e) || (code >= 0xa1 && code <= 0xac)
           || (code >= 0xae && code <= 0xff);
}

static int byte_of_character(uint32_t code)
{
    if (is_own_spelling(code))
        return (int)code;
    uint32_t wanted = code - 0x100;
    for (int byte = 0; code >= 0x100 && byte < 0x100; byte++)
        if (!is_own_spelling((uint32_t)byte) && wanted-- == 0)
            return byte;
    return BYTE_NONE;
}

uint32_t spelling_of_byte(uint8_t byte)
{
    uint32_t others = 0;
    if (is_own_spelling(byte))
        return byte;
    for (uint32_t before = 0; before < byte; before++)
        others += !is_own_spelling(before);
    return 0x100 + others;
}

// A token with a character that spells no byte stands for its own UTF-8.
static void read_byte_level(struct spelled *result, const uint8_t *spelling, size_t size)
{
    size_t used = 0, length;
    for (size_t at = 0; at < size; at += length) {
        uint32_t code;
        length = utf8_decode(spelling + at, size - at, &code);
        int byte = byte_of_character(code);
        if (byte == BYTE_NONE) {
            memcpy(result->text, spelling, size);
            result->size = size;
            result->plain = false;
            return;
        }
        result->text[used++] = (uint8_t)byte;
    }
    result->size = used;
    result->plain = true;
}

// Spaces are spelled ▁, so a literal space spells nothing.
static void read_metaspaces(struct spelled *result, const uint8_t *spelling, size_t size)
{
    size_t used = 0;
    result->plain = memchr(spelling, ' ', size) == NULL;
    for (size_t at = 0; at < size;) {
        if (size - at >= METASPACE_SIZE
            && memcmp(spelling + at, METASPACE_TEXT, METASPACE_SIZE) == 0) {
            result->text[used++] = ' ';
            at += METASPACE_SIZE;
        } else {
            result->text[used++] = spelling[at++];
        }
    }
    result->size = used;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

int spelling_byte(const char *spelling, size_t size)
{
    if (size != 6 || memcmp(spelling, "<0x", 3) != 0 || spelling[5] != '>')
        return BYTE_NONE;
    int high = hex_digit(spelling[3]), low = hex_digit(spelling[4]);
    return high < 0 || low < 0 ? BYTE_NONE : high * 16 + low;
}

struct spelled spelling_read(const struct tokenizer_rules *rules, const char *spelling, size_t size)
{
    struct spelled result = {.text = xmalloc(size), .size = size, .plain = true};
    int byte = rules->decodes_bytes ? spelling_byte(spelling, size) : BYTE_NONE;
    if (byte != BYTE_NONE) {
        result.text[0] = (uint8_t)byte;
        result.size = 1;
        result.plain = false;
        result.is_byte = true;
    } else if (rules->bytes) {
        read_byte_level(&result, (const uint8_t *)spelling, size);
    } else if (rules->metaspace_space || rules->decodes_metaspace) {
        read_metaspaces(&result, (const uint8_t *)spelling, size);
    } else {
        memcpy(result.text, spelling, size);
    }
    return result;
}
