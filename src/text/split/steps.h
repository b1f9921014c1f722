// SPDX-License-Identifier: BSD-2-Clause
// Pre-tokenizers as lists of steps, as in tokenizer.json: each step cuts what the step before it
// made, by the matches of a regular expression. For pre-tokenizers that split.h has no rules for.

#ifndef AOTI_TEXT_SPLIT_STEPS_H
#define AOTI_TEXT_SPLIT_STEPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "text/regex/regex.h"

// How matches, and the gaps between them, become the parts of a text.
enum split_behavior {
    SPLIT_ISOLATED,              // matches and gaps are parts
    SPLIT_REMOVED,               // gaps are parts, and matches are left out
    SPLIT_CONTIGUOUS,            // matches without a gap between them are one part
    SPLIT_MERGED_WITH_PREVIOUS,  // a match is joined to the gap before it
    SPLIT_MERGED_WITH_NEXT,      // a match is joined to the gap after it
};

struct split_step {
    struct regex *regex;  // owned
    enum split_behavior behavior;
    bool is_inverted;  // gaps are treated as matches, and matches as gaps
};

struct split_steps {
    struct split_step *steps;  // owned, COUNT of them
    size_t count, capacity;
};

// Appends a step. Its regex is owned by the list from then on.
void split_steps_add(struct split_steps *steps, struct split_step step);
void split_steps_free(struct split_steps *steps);

// The state of a text that is being cut. Free with splitter_free().
struct splitter;

// Returns the state at the beginning of a text. STEPS must outlive it.
struct splitter *splitter_new(const struct split_steps *steps);
void splitter_free(struct splitter *splitter);

// Returns the length in bytes of the word that TEXT begins with, or 0 if it depends on more text
// than the SIZE > 0 bytes that are known. If it ENDS, the text ends there, and the result is never
// 0. TEXT continues after the word of the last call. Sets *IS_REMOVED if the word is to be left
// out.
size_t splitter_next(struct splitter *splitter, const uint8_t *text, size_t size, bool ends,
                     bool *is_removed);

#endif
