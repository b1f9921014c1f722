// SPDX-License-Identifier: BSD-2-Clause
// What merging begins with: the tokens of single bytes or characters.

#ifndef AOTI_TEXT_SYMBOLS_H
#define AOTI_TEXT_SYMBOLS_H

#include <stddef.h>
#include <stdint.h>

#include "text/alignment.h"
#include "text/id_list.h"
#include "text/tokenizer.h"

// Appends the symbols of a piece to SYMBOLS and, unless SPANS is NULL, the bytes of the piece that
// each stands for to SPANS.
void symbols_find(const struct tokenizer *tokenizer, const uint8_t *piece, size_t size,
                  struct id_list *symbols, struct span_list *spans);

#endif
