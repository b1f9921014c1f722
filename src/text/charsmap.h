// SPDX-License-Identifier: BSD-2-Clause
// The characters map of a sentencepiece model, normalizer_spec.precompiled_charsmap: the size of a
// trie, the trie, and the texts that what is found in it is replaced by, each ended by a zero byte.
// The trie is a double array as S. Yata's Darts-clone has it.

#ifndef AOTI_TEXT_CHARSMAP_H
#define AOTI_TEXT_CHARSMAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct charsmap {
    uint32_t *units;  // owned, [unit_count]; NULL: nothing is replaced
    size_t unit_count;
    char *texts;  // owned, texts_size bytes, the last of them 0
    size_t texts_size;
};

// Reads a map from SIZE > 0 bytes, of which nothing is kept. Returns NULL, or what is wrong with
// it. MAP is to be freed in any case.
const char *charsmap_read(struct charsmap *map, const uint8_t *data, size_t size);
void charsmap_free(struct charsmap *map);

// The length of the longest text that TEXT begins with and that is replaced, by *REPLACEMENT; 0:
// none. *OPEN: more text could make another one longer.
size_t charsmap_find(const struct charsmap *map, const uint8_t *text, size_t size,
                     const char **replacement, bool *open);

#endif
