// SPDX-License-Identifier: BSD-2-Clause
// Tokens of a word that is too long to wait for its end.
//
// Two facts about merging the lowest rank first make that exact. Of the tokens of a text, those up
// to any border between two of them are the tokens of that much of the text by itself. And the
// tokens of two texts, one behind the other, are those of the texts by themselves where the last
// token of the first and the first of the second, merged by themselves, stay as they are.
//
// No token is longer than the longest, so that whatever follows, some border lies in the last bytes
// that are known. Where a token begins at the same place, and is the same, for each border that may
// be that one, all tokens before it are certain.

#ifndef AOTI_TEXT_BPE_LONG_WORD_H
#define AOTI_TEXT_BPE_LONG_WORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/id_list.h"
#include "text/bpe/merge_long.h"
#include "text/tokenizer.h"

// Working memory. TOKENIZER must outlive it.
struct long_word {
    const struct tokenizer *tokenizer;
    size_t token_max;  // bytes of the longest token; 0: these tokens do not allow it
    struct id_list tokens, others;
    struct long_merger merger;
};

void long_word_init(struct long_word *word, const struct tokenizer *tokenizer);
void long_word_free(struct long_word *word);

// TEXT is the beginning of a word, or of what is left of one, and all SIZE bytes belong to it.
// Appends the tokens that are certain to IDS and returns how many bytes they take, perhaps 0.
size_t long_word_front(struct long_word *word, const uint8_t *text, size_t size,
                        struct id_list *ids);

// Appends the tokens of what is left of a word. It is not looked for as a token of its own.
void long_word_rest(struct long_word *word, const uint8_t *text, size_t size,
                     struct id_list *ids);

#endif
