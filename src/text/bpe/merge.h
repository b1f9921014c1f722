// SPDX-License-Identifier: BSD-2-Clause
// Byte-pair encoding of one word of text.

#ifndef AOTI_TEXT_BPE_MERGE_H
#define AOTI_TEXT_BPE_MERGE_H

#include <stddef.h>
#include <stdint.h>

#include "common/id_list.h"
#include "text/alignment.h"
#include "text/tokenizer.h"

// Working memory for merging, and a memory of words seen before.
struct merger;

// TOKENIZER must outlive the merger.
struct merger *merger_new(const struct tokenizer *tokenizer);
void merger_free(struct merger *merger);

enum { MERGER_WORDS_MAX = 256 };  // that are encoded at once

// Appends the tokens of COUNT words to IDS, up to MERGER_WORDS_MAX. They stand one behind the
// other from TEXT on; SIZES, all above 0, are results of split_next(). WORD_READ_AHEAD bytes after
// the last one are readable.
void merger_encode(struct merger *merger, const uint8_t *text, const size_t *sizes, size_t count,
                   struct id_list *ids);

// The same for one word; the bytes of the word that each token stands for are appended to SPANS.
void merger_encode_spans(struct merger *merger, const uint8_t *word, size_t size,
                         struct id_list *ids, struct span_list *spans);

#endif
