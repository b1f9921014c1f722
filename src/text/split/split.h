// SPDX-License-Identifier: BSD-2-Clause
// Pre-tokenizers: where text is cut before tokens are looked for, by grammars that tokenizer files
// spell as regular expressions and that are matched by hand here.

#ifndef AOTI_TEXT_SPLIT_SPLIT_H
#define AOTI_TEXT_SPLIT_SPLIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum split_kind {
    SPLIT_NOWHERE = 0,  // the whole text is one word
    SPLIT_NOT_TOLD,     // the file does not say where
    SPLIT_BY_LIBRARY,   // libsentencepiece does all that comes after
    SPLIT_GPT2,         // 's|'t|… ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
    SPLIT_WORDS,        // (?i:'s|…)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}|…
    SPLIT_BEFORE_SPACE,  // a word begins at each space
    SPLIT_CASED_WORDS,  // words begin with capitals and go on in small letters
};

struct split_rules {
    uint8_t kind;           // enum split_kind
    uint8_t number_max;     // SPLIT_WORDS, SPLIT_CASED_WORDS: digits a word
    bool contractions;      // SPLIT_CASED_WORDS: a word takes its contraction with it
    bool slash_is_newline;  // punctuation takes slashes with it as it does newlines
    bool blank_end_whole;   // white space at the end of the text is one word
    bool digits_alone;      // each digit is cut off before anything else is looked at
};

// The length of the word that TEXT begins with, SIZE > 0 bytes of it being known; 0 where that
// depends on more text. Where LAST, the text ends after SIZE bytes and the result is never 0.
size_t split_next(const struct split_rules *rules, const uint8_t *text, size_t size, bool last);

// What a word that has not ended yet goes on with.
enum split_run {
    RUN_NONE = 0,      // not known: its end must be waited for
    RUN_LETTERS,
    RUN_NUMBERS,
    RUN_PUNCTUATION,
    RUN_SMALL_LETTERS,  // SPLIT_CASED_WORDS: capitals are over
    RUN_BLANKS,         // no line has ended
    RUN_LINES,          // a line has ended: what ends behind another newline belongs to the word
    RUN_TO_SPACE,
    RUN_WORD,           // SPLIT_NOWHERE: what is left is a word of its own
};

// Where split_next says 0 for the SIZE bytes of TEXT: what the word goes on with, and in *CERTAIN
// how many of the bytes are surely part of it.
enum split_run split_unfinished(const struct split_rules *rules, const uint8_t *text, size_t size,
                                size_t *certain);

// The same where split_rest needs more, after RUN.
enum split_run split_still_unfinished(const struct split_rules *rules, enum split_run run,
                                      const uint8_t *text, size_t size, size_t *certain);

enum { SPLIT_NEEDS_MORE = -1 };

// How much of TEXT, which follows what was certain, still belongs to the word, 0 or more, or
// SPLIT_NEEDS_MORE.
ptrdiff_t split_rest(const struct split_rules *rules, enum split_run run, const uint8_t *text,
                     size_t size, bool last);

// The rules of the regular expression REGEX of a Split pre-tokenizer. Returns false for one that
// is not known.
bool split_rules_of_regex(const char *regex, struct split_rules *rules);

// The rules of the tokenizer or encoding NAME ("gpt2", "llama3", "cl100k", …), or false.
bool split_rules_of_name(const char *name, struct split_rules *rules);

#endif
