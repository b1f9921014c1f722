// SPDX-License-Identifier: BSD-2-Clause
// Where the bytes of characters are that libsentencepiece spells in bytes.

#ifndef AOTI_TEXT_SENTENCEPIECE_CHARACTER_SPANS_H
#define AOTI_TEXT_SENTENCEPIECE_CHARACTER_SPANS_H

#include <stdint.h>

#include "text/alignment.h"
#include "text/vocabulary.h"

// The library gives all of an unknown character to the last one of its bytes' tokens. Each gets its
// own byte, or all of them get what the character was made of, if it was another one. SPANS are
// those of IDS, COUNT of each.
void character_spans_part(const struct vocabulary *vocabulary, const int32_t *ids,
                          struct span *spans, size_t count);

#endif
