// SPDX-License-Identifier: BSD-2-Clause
// Spans of characters that libsentencepiece spells in bytes.

#ifndef AOTI_TEXT_SENTENCEPIECE_CHARACTER_SPANS_H
#define AOTI_TEXT_SENTENCEPIECE_CHARACTER_SPANS_H

#include <stdint.h>

#include "text/alignment.h"
#include "text/vocabulary.h"

// The library gives all bytes of an unknown character to the last of its byte tokens. Corrects
// SPANS [count] of IDS [count]: each token gets its own byte, or the whole source if the character
// replaced another one.
void character_spans_part(const struct vocabulary *vocabulary, const int32_t *ids,
                          struct span *spans, size_t count);

#endif
