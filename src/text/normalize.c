// SPDX-License-Identifier: BSD-2-Clause

#include "config.h"

#include "text/normalize.h"

#include <string.h>

static const uint8_t low_line[] = {0xe2, 0x96, 0x81};  // U+2581

size_t normalize_bound(const struct normalizer *normalizer, size_t size)
{
    return 1 + size + normalizer->held.size;
}

// Copies text with each ▁ turned into a space. Returns the bytes written.
static size_t copy_low_lines(const uint8_t *text, size_t size, uint8_t *out)
{
    uint8_t *to = out;
    while (size > 0) {
        const uint8_t *found = memmem(text, size, low_line, sizeof low_line);
        size_t plain = found != NULL ? (size_t)(found - text) : size;
        memcpy(to, text, plain);
        to += plain;
        if (found == NULL)
            break;
        *to++ = ' ';
        text += plain + sizeof low_line;
        size -= plain + sizeof low_line;
    }
    return (size_t)(to - out);
}

size_t normalize(struct normalizer *normalizer, const uint8_t *text, size_t size, bool ends,
                 uint8_t *out)
{
    const struct tokenizer_rules *rules = normalizer->rules;
    uint8_t *to = out;
    if (rules->fragment_prefix == PREFIX_ALWAYS && !normalizer->started && size > 0)
        *to++ = ' ';
    normalizer->started = !ends && (normalizer->started || size > 0);
    if (rules->low_line_space)
        return (size_t)(to - out) + copy_low_lines(text, size, to);
    if (size > 0)
        memcpy(to, text, size);
    return (size_t)(to - out) + size;
}

void normalizer_free(struct normalizer *normalizer)
{
    buffer_free(&normalizer->held);
}
