// SPDX-License-Identifier: BSD-2-Clause
// What sentencepiece does to a text before it looks for pieces: at each place the longest symbol of
// the user stays, or else the longest text of the characters map is replaced, or else a character
// stays. Spaces at both ends are taken away and those between become one, where the model wants
// that. The source is the library's behaviour (normalizer.cc of sentencepiece 0.2).

#ifndef AOTI_TEXT_NORMALIZE_SENTENCEPIECE_H
#define AOTI_TEXT_NORMALIZE_SENTENCEPIECE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/memory.h"
#include "text/alignment.h"
#include "text/normalize/charsmap.h"
#include "text/sentencepiece/piece_trie.h"

enum { ASCII_COUNT = 0x80 };

struct spm_rules {
    struct charsmap map;
    struct piece_trie symbols;  // of the user, as they are spelled in text
    bool adds_prefix;           // a space before the text
    bool adds_suffix;           // a space behind it
    bool removes_spaces;
    bool stays[ASCII_COUNT];  // the character stays as it is where another one of ASCII follows
};

// Fills in what follows from map and symbols.
void spm_rules_finish(struct spm_rules *rules);
void spm_rules_free(struct spm_rules *rules);

// A text that is being normalized; all zero but for rules is the state at its start.
struct spm_normalizer {
    const struct spm_rules *rules;  // lent
    bool started;
    bool heading;           // only spaces were seen, which are not wanted
    bool after_space;       // more spaces are not wanted
    size_t pending;         // spaces that count only if something else follows
    struct span_list pending_sources;  // of these, where that is noted
    struct alignment *alignment;       // lent, or NULL
    uint64_t source;  // place of the next byte that is normalized
    uint64_t origin;  // place of the first byte of the buffer that is appended to
};

// Appends to OUT what the text becomes, as far as that is certain, or all of it where it ENDS.
// Spaces stand for U+2581. Returns how many bytes are done with: the rest is to be given again,
// with more behind.
size_t spm_normalize(struct spm_normalizer *normalizer, const uint8_t *text, size_t size,
                       bool ends, struct buffer *out);
void spm_normalizer_free(struct spm_normalizer *normalizer);

#endif
