// SPDX-License-Identifier: BSD-2-Clause
// Byte-pair encoding of one piece of text.

#ifndef AOTI_TEXT_MERGE_H
#define AOTI_TEXT_MERGE_H

#include <stddef.h>
#include <stdint.h>

#include "text/id_list.h"
#include "text/tokenizer.h"

// Working memory for merging, and a memory of pieces seen before.
struct merger;

// TOKENIZER must outlive the merger.
struct merger *merger_new(const struct tokenizer *tokenizer);
void merger_free(struct merger *merger);

enum { MERGER_READ_AHEAD = 32 };  // bytes after a piece that must be readable

// Appends the tokens of the SIZE > 0 bytes at PIECE, a result of split_next, to IDS.
void merger_encode(struct merger *merger, const uint8_t *piece, size_t size, struct id_list *ids);

#endif
