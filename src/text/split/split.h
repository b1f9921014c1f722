// SPDX-License-Identifier: BSD-2-Clause
// Pre-tokenizers: split text into words, which are then merged. Tokenizer files spell the grammars
// as regular expressions; here they are matched by hand-written code.

#ifndef AOTI_TEXT_SPLIT_SPLIT_H
#define AOTI_TEXT_SPLIT_SPLIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum split_kind {
    SPLIT_NOWHERE = 0,  // the whole text is one word
    SPLIT_NOT_TOLD,     // the file does not say
    SPLIT_BY_LIBRARY,   // libsentencepiece does everything that follows
    SPLIT_BY_STEPS,     // the tokenizer's steps (steps.h) tell
    SPLIT_GPT2,         // 's|'t|… ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
    SPLIT_WORDS,        // (?i:'s|…)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}|…
    SPLIT_BEFORE_SPACE,  // a word begins at each space
    SPLIT_CASED_WORDS,  // capitals, then small letters
};

struct split_rules {
    uint8_t kind;           // enum split_kind
    uint8_t number_max;     // SPLIT_WORDS, SPLIT_CASED_WORDS: digits per word
    bool contractions;      // SPLIT_CASED_WORDS: a word includes its contraction
    bool slash_is_newline;  // punctuation includes slashes after it, like newlines
    bool blank_end_whole;   // white space at the end of the text is one word
    bool digits_alone;      // each digit is a word, before anything else is matched
};

// Returns the length of the first word of TEXT, SIZE > 0 bytes, or 0 if that depends on more text.
// If LAST, the text ends after SIZE bytes and the result is never 0.
size_t split_next(const struct split_rules *rules, const uint8_t *text, size_t size, bool last);

// How a word that has not ended yet continues.
enum split_run {
    RUN_NONE = 0,      // not known: wait for its end
    RUN_LETTERS,
    RUN_NUMBERS,
    RUN_PUNCTUATION,
    RUN_SMALL_LETTERS,  // SPLIT_CASED_WORDS: no more capitals
    RUN_BLANKS,         // no newline so far
    RUN_LINES,          // after a newline: blanks up to another newline belong to the word
    RUN_TO_SPACE,
    RUN_WORD,           // SPLIT_NOWHERE: the rest is a word of its own
};

// To be called when split_next() returns 0: says how the word continues. *CERTAIN: how many of the
// bytes surely belong to it.
enum split_run split_unfinished(const struct split_rules *rules, const uint8_t *text, size_t size,
                                size_t *certain);

// Likewise, when split_rest() needs more, after RUN.
enum split_run split_still_unfinished(const struct split_rules *rules, enum split_run run,
                                      const uint8_t *text, size_t size, size_t *certain);

enum { SPLIT_NEEDS_MORE = -1 };

// Returns how much of TEXT, which follows the certain bytes, still belongs to the word, 0 or more,
// or SPLIT_NEEDS_MORE.
ptrdiff_t split_rest(const struct split_rules *rules, enum split_run run, const uint8_t *text,
                     size_t size, bool last);

// Sets the rules for the regular expression REGEX of a Split pre-tokenizer. Returns false if it is
// unknown.
bool split_rules_of_regex(const char *regex, struct split_rules *rules);

// Sets the rules of the tokenizer or encoding NAME ("gpt2", "llama3", "cl100k", …). Returns false
// if it is unknown.
bool split_rules_of_name(const char *name, struct split_rules *rules);

#endif
