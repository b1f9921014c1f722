// SPDX-License-Identifier: BSD-2-Clause
// The symbols that merging starts from: tokens of single bytes or characters.

#ifndef AOTI_TEXT_BPE_SYMBOLS_H
#define AOTI_TEXT_BPE_SYMBOLS_H

#include <stddef.h>
#include <stdint.h>

#include "common/id_list.h"
#include "text/alignment.h"
#include "text/tokenizer.h"

// Appends the symbols of WORD to SYMBOLS. Unless SPANS is NULL, also appends the bytes of WORD that
// each symbol covers to SPANS.
void symbols_find(const struct tokenizer *tokenizer, const uint8_t *word, size_t size,
                  struct id_list *symbols, struct span_list *spans);

#endif
