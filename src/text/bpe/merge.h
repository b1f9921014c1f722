// SPDX-License-Identifier: BSD-2-Clause
// Byte-pair encoding of one word of text.

#ifndef AOTI_TEXT_BPE_MERGE_H
#define AOTI_TEXT_BPE_MERGE_H

#include <stddef.h>
#include <stdint.h>

#include "common/id_list.h"
#include "text/alignment.h"
#include "text/tokenizer.h"

// Working memory for merging, with a cache of words.
struct merger;

// TOKENIZER must outlive the merger.
struct merger *merger_new(const struct tokenizer *tokenizer);
void merger_free(struct merger *merger);

enum { MERGER_WORDS_MAX = 256 };  // words encoded by one call

// Appends the tokens of COUNT <= MERGER_WORDS_MAX words to IDS. The words follow each other from
// TEXT on; SIZES, all above 0, come from split_next(). WORD_READ_AHEAD bytes after the last word
// must be readable.
void merger_encode(struct merger *merger, const uint8_t *text, const size_t *sizes, size_t count,
                   struct id_list *ids);

// Like merger_encode() for one word. Appends the bytes of WORD that each token covers to SPANS.
void merger_encode_spans(struct merger *merger, const uint8_t *word, size_t size,
                         struct id_list *ids, struct span_list *spans);

#endif
