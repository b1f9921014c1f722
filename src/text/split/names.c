// SPDX-License-Identifier: BSD-2-Clause
// The known regular expressions, as tokenizer files spell them.

#include "config.h"

#include <string.h>

#include "text/split/split.h"

#define CONTRACTIONS "(?i:'s|'t|'re|'ve|'m|'ll|'d)"
#define CAPITALS "[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]"
#define SMALL "[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]"
#define LEAD "[^\\r\\n\\p{L}\\p{N}]?"
#define BLANKS "\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+"
#define PUNCTUATION " ?[^\\s\\p{L}\\p{N}]+"

static const struct split_rules gpt2 = {.kind = SPLIT_GPT2};
static const struct split_rules llama3 = {.kind = SPLIT_WORDS, .number_max = 3};
static const struct split_rules qwen2 = {.kind = SPLIT_WORDS, .number_max = 1};
static const struct split_rules cl100k = {
    .kind = SPLIT_WORDS, .number_max = 3, .blank_end_whole = true};
static const struct split_rules o200k = {
    .kind = SPLIT_CASED_WORDS, .number_max = 3, .contractions = true, .slash_is_newline = true};
static const struct split_rules tekken = {
    .kind = SPLIT_CASED_WORDS, .number_max = 1, .slash_is_newline = true};

static const struct {
    const char *regex;
    const struct split_rules *rules;
} by_regex[] = {
    {"'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+", &gpt2},
    {"'(?:[sdmt]|ll|ve|re)| ?\\p{L}++| ?\\p{N}++| ?[^\\s\\p{L}\\p{N}]++|\\s++$|\\s+(?!\\S)|\\s",
     &gpt2},
    {CONTRACTIONS "|" LEAD "\\p{L}+|\\p{N}{1,3}|" PUNCTUATION "[\\r\\n]*|" BLANKS, &llama3},
    {CONTRACTIONS "|" LEAD "\\p{L}+|\\p{N}|" PUNCTUATION "[\\r\\n]*|" BLANKS, &qwen2},
    {LEAD CAPITALS "*" SMALL "+" CONTRACTIONS "?|" LEAD CAPITALS "+" SMALL "*" CONTRACTIONS
                   "?|\\p{N}{1,3}|" PUNCTUATION "[\\r\\n/]*|" BLANKS,
     &o200k},
    {LEAD CAPITALS "*" SMALL "+|" LEAD CAPITALS "+" SMALL "*|\\p{N}|" PUNCTUATION "[\\r\\n/]*|"
                   BLANKS,
     &tekken},
};

static const struct {
    const char *name;
    const struct split_rules *rules;
} by_name[] = {
    {"gpt2", &gpt2},      {"r50k_base", &gpt2},  {"p50k_base", &gpt2},   {"llama3", &llama3},
    {"qwen2", &qwen2},    {"cl100k_base", &cl100k}, {"o200k_base", &o200k}, {"tekken", &tekken},
};

bool split_rules_of_regex(const char *regex, struct split_rules *rules)
{
    for (size_t i = 0; i < sizeof by_regex / sizeof *by_regex; i++) {
        if (strcmp(regex, by_regex[i].regex) != 0)
            continue;
        *rules = *by_regex[i].rules;
        return true;
    }
    return false;
}

bool split_rules_of_name(const char *name, struct split_rules *rules)
{
    for (size_t i = 0; i < sizeof by_name / sizeof *by_name; i++) {
        if (strcmp(name, by_name[i].name) != 0)
            continue;
        *rules = *by_name[i].rules;
        return true;
    }
    return false;
}
