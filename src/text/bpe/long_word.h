// SPDX-License-Identifier: BSD-2-Clause
// Encodes a word that is too long to wait for its end.
//
// How it works: two facts about merging by lowest rank make this exact.
//
//  1. If a token of a text ends at a border, the tokens up to the border are the tokens of the text
//     up to there by itself: no merge crossed the border.
//  2. The tokens of two texts put together are the tokens of the first, then the tokens of the
//     second, if the two tokens that meet, merged by themselves, stay as they are.
//
// No token is longer than token_max bytes, so whatever follows, one border lies within the last
// token_max bytes that are known. The encoder cuts well before them, and encodes what follows the
// cut up to each of these candidate borders. If every one begins with the same token, the tokens
// before the cut are certain.
//
// Example: merges "ab" 0 and "ba" 1, so token_max is 2, and "abababab" is known so far. At least 6
// bytes must follow the cut, so it is tried after the first "ab". Whatever comes next, a border
// lies 5 or 6 bytes after the cut. "ababa" and "ababab" both begin with the token "ab", so the "ab"
// before the cut is certain. If they differed, the next earlier cut would be tried, up to
// ATTEMPTS_MAX; then the caller waits for more text.
//
// A try costs token_max merges of 2 to 4 times token_max bytes, whatever the length of the word.

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
    size_t token_max;  // bytes of the longest token; 0 if the tokens do not allow this method
    struct id_list tokens, others;
    struct long_merger merger;
};

void long_word_init(struct long_word *word, const struct tokenizer *tokenizer);
void long_word_free(struct long_word *word);

// TEXT is SIZE bytes of a word, from its beginning or from the last cut. Appends the tokens that
// are certain to IDS and returns the bytes they cover, perhaps 0.
size_t long_word_front(struct long_word *word, const uint8_t *text, size_t size,
                        struct id_list *ids);

// Appends the tokens of the rest of a word. The rest is not looked up as a token of its own.
void long_word_rest(struct long_word *word, const uint8_t *text, size_t size,
                     struct id_list *ids);

#endif
