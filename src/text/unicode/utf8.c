// SPDX-License-Identifier: BSD-2-Clause

#include "config.h"

#include "text/unicode/utf8.h"

#include <stdbool.h>
#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

static bool is_continuation(uint8_t byte)
{
    return (byte & 0xc0) == 0x80;
}

// Returns true if SECOND may follow FIRST: not overlong, a surrogate or above U+10FFFF.
static bool may_follow(uint8_t first, uint8_t second)
{
    switch (first) {
    case 0xe0:
        return second >= 0xa0 && second <= 0xbf;
    case 0xed:
        return second >= 0x80 && second <= 0x9f;
    case 0xf0:
        return second >= 0x90 && second <= 0xbf;
    case 0xf4:
        return second >= 0x80 && second <= 0x8f;
    default:
        return is_continuation(second);
    }
}

int utf8_inspect(const uint8_t *text, size_t size, uint32_t *code)
{
    uint8_t first = text[0];
    if (first < 0x80) {
        *code = first;
        return 1;
    }
    if (first < 0xc2 || first > 0xf4)
        return -1;
    int length = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    if (size < 2)
        return 0;
    if (!may_follow(first, text[1]))
        return -1;
    uint32_t value = first & (0x7fu >> length);
    value = value << 6 | (text[1] & 0x3f);
    for (int i = 2; i < length; i++) {
        if ((size_t)i >= size)
            return 0;
        if (!is_continuation(text[i]))
            return -i;
        value = value << 6 | (text[i] & 0x3f);
    }
    *code = value;
    return length;
}

#ifdef __SSE2__

enum { BLOCK = 16 };

// Returns a mask of the BYTES from FIRST to LAST.
static inline uint32_t between(__m128i bytes, uint8_t first, uint8_t last)
{
    __m128i above = _mm_sub_epi8(bytes, _mm_set1_epi8((char)first));
    __m128i limited = _mm_min_epu8(above, _mm_set1_epi8((char)(last - first)));
    return (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(above, limited));
}

// Returns how many of the BLOCK bytes at TEXT are whole valid characters, or fewer: characters of
// four bytes count as none. Branch-free, since the ends of characters are unpredictable.
static inline size_t valid_of_block(const uint8_t *text)
{
    __m128i bytes = _mm_loadu_si128((const __m128i *)text);
    uint32_t ascii = between(bytes, 0, 0x7f);
    if (ascii == (1u << BLOCK) - 1)
        return BLOCK;
    uint32_t next = between(bytes, 0x80, 0xbf), low_next = between(bytes, 0x80, 0x9f);
    uint32_t of_two = between(bytes, 0xc2, 0xdf) & next >> 1;
    uint32_t of_three = between(bytes, 0xe0, 0xef) & next >> 1 & next >> 2;
    // See may_follow().
    of_three &= ~(between(bytes, 0xe0, 0xe0) & low_next >> 1);
    of_three &= ~(between(bytes, 0xed, 0xed) & ~low_next >> 1);
    uint32_t valid = ascii | of_two | of_two << 1 | of_three | of_three << 1 | of_three << 2;
    return (size_t)__builtin_ctz(~valid);
}

#else

enum { BLOCK = 8 };

// Returns BLOCK if all BLOCK bytes at TEXT are ASCII, otherwise 0.
static inline size_t valid_of_block(const uint8_t *text)
{
    uint64_t bytes;
    memcpy(&bytes, text, BLOCK);
    return (bytes & UINT64_C(0x8080808080808080)) == 0 ? BLOCK : 0;
}

#endif

size_t utf8_valid_prefix(const uint8_t *text, size_t size)
{
    size_t at = 0;
    while (at < size) {
        size_t valid;
        while (size - at >= BLOCK && (valid = valid_of_block(text + at)) > 0)
            at += valid;
        if (at == size)
            break;
        uint32_t code;
        size_t length = utf8_decode(text + at, size - at, &code);
        if (code == UTF8_INVALID)
            break;
        at += length;
    }
    return at;
}

const uint8_t *utf8_previous(const uint8_t *begin, const uint8_t *end)
{
    uint32_t code;
    for (const uint8_t *at = end - 1; at >= begin && end - at <= UTF8_MAX; at--)
        if (!is_continuation(*at))
            return utf8_inspect(at, (size_t)(end - at), &code) == end - at ? at : end - 1;
    return end - 1;
}

size_t utf8_incomplete_tail(const uint8_t *text, size_t size)
{
    uint32_t code;
    for (size_t tail = 1; tail < UTF8_MAX && tail <= size; tail++)
        if (!is_continuation(text[size - tail]))
            return utf8_inspect(text + size - tail, tail, &code) == 0 ? tail : 0;
    return 0;
}

size_t utf8_encode(uint32_t code, uint8_t text[UTF8_MAX])
{
    if (code < 0x80) {
        text[0] = (uint8_t)code;
        return 1;
    }
    size_t length = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    for (size_t i = length - 1; i > 0; i--, code >>= 6)
        text[i] = (uint8_t)(0x80 | (code & 0x3f));
    text[0] = (uint8_t)((0xf00u >> length) | code);
    return length;
}
