// SPDX-License-Identifier: BSD-2-Clause
// Normalizes text as sentencepiece does. At each place, the longest user-defined symbol stays as it
// is; or else the longest match of the character map is replaced; or else one character stays. If
// the model asks for it, spaces are removed at both ends and runs of spaces become one. The source
// is the library's behavior (normalizer.cc of sentencepiece 0.2).

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
    struct piece_trie symbols;  // user-defined, as spelled in text
    bool adds_prefix;           // put a space before the text
    bool adds_suffix;           // put a space after the text
    bool removes_spaces;
    bool stays[ASCII_COUNT];  // the character stays if another ASCII character follows
};

// Fills in the members that follow from map and symbols.
void spm_rules_finish(struct spm_rules *rules);
void spm_rules_free(struct spm_rules *rules);

// A text being normalized. All zero except for rules is the initial state.
struct spm_normalizer {
    const struct spm_rules *rules;  // borrowed
    bool started;
    bool heading;           // only spaces have been seen, which are to be removed
    bool after_space;       // more spaces are to be removed
    size_t pending;         // spaces that count only if something else follows
    struct span_list pending_sources;  // where the pending spaces come from
    struct alignment *alignment;       // borrowed, or NULL
    uint64_t source;  // place of the next input byte
    uint64_t origin;  // place of the first byte of the output buffer
};

// Appends to OUT what the text normalizes to, as far as that is certain, or all of it if ENDS.
// Spaces stand for U+2581. Returns the bytes consumed: pass the rest again, followed by more text.
size_t spm_normalize(struct spm_normalizer *normalizer, const uint8_t *text, size_t size,
                       bool ends, struct buffer *out);
void spm_normalizer_free(struct spm_normalizer *normalizer);

#endif
