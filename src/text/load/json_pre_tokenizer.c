// SPDX-License-Identifier: BSD-2-Clause
// tokenizer.json: the pre-tokenizer. What is known by heart becomes rules (split.h), anything else
// steps (steps.h).

#include "config.h"

#include <string.h>

#include "common/diagnostics.h"
#include "text/load/json_steps.h"
#include "text/load/load.h"
#include "text/unicode/properties.h"
#include "text/unicode/utf8.h"

#define GPT2_REGEX                                                                               \
    "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+"

struct reader {
    struct tokenizer *tokenizer;
    const struct json_source *source;
    json_t *component;          // the present one
    enum regex_text_kind text;  // changes with ByteLevel
    struct split_rules rules;  // of the steps so far, if split.h has rules for them
    bool are_known;            // it has
};

static const char *const behaviors[] = {
    [SPLIT_ISOLATED] = "Isolated",
    [SPLIT_REMOVED] = "Removed",
    [SPLIT_CONTIGUOUS] = "Contiguous",
    [SPLIT_MERGED_WITH_PREVIOUS] = "MergedWithPrevious",
    [SPLIT_MERGED_WITH_NEXT] = "MergedWithNext",
};

static enum split_behavior read_behavior(const struct reader *reader, const char *otherwise)
{
    const char *name = json_find_text(reader->source, reader->component, "behavior", otherwise);
    for (size_t i = 0; i < sizeof behaviors / sizeof *behaviors; i++)
        if (strcmp(name, behaviors[i]) == 0)
            return (enum split_behavior)i;
    load_json_die_unknown(reader->source, "behavior of pre-tokenizer", name);
}

static void add_step(struct reader *reader, struct regex *regex, enum split_behavior behavior,
                     bool is_inverted)
{
    split_steps_add(&reader->tokenizer->steps,
                    (struct split_step){regex, behavior, is_inverted});
    reader->are_known = false;
}

static void add_set_step(struct reader *reader, struct code_set set, bool repeats,
                         enum split_behavior behavior)
{
    add_step(reader, regex_of_set(&set, repeats, reader->text), behavior, false);
    code_set_free(&set);
}

static void add_regex_step(struct reader *reader, const char *pattern,
                           enum split_behavior behavior, bool is_inverted)
{
    struct regex_error error;
    struct split_rules known;
    // Every character is part of a match of these expressions, so there are no gaps.
    bool is_known = behavior == (is_inverted ? SPLIT_REMOVED : SPLIT_ISOLATED)
                    && reader->text == REGEX_UTF8 && split_rules_of_regex(pattern, &known);
    bool is_first = reader->tokenizer->steps.count == 0;
    bool follows_digits = reader->are_known && reader->rules.digits_alone && is_known
                          && known.kind == SPLIT_GPT2 && reader->rules.kind == SPLIT_NOWHERE;
    struct regex *regex = regex_new(pattern, reader->text, &error);
    if (regex == NULL)
        die(reader->source->status, "%s: pattern of pre-tokenizer, byte %zu: %s: %s",
            reader->source->name, error.at + 1, error.what, pattern);
    add_step(reader, regex, behavior, is_inverted);
    if (!is_known || !(is_first || follows_digits))
        return;
    known.digits_alone = follows_digits;
    reader->rules = known;
    reader->are_known = true;
}

static void read_split(struct reader *reader)
{
    const char *literal = json_plain_pattern(reader->source, reader->component);
    bool is_inverted = json_find_flag(reader->source, reader->component, "invert", false);
    enum split_behavior behavior = read_behavior(reader, NULL);
    if (literal == NULL) {
        json_t *pattern = json_get(reader->source, reader->component, "pattern", JSON_OBJECT);
        add_regex_step(reader, json_get_text(reader->source, pattern, "Regex"), behavior,
                       is_inverted);
        return;
    }
    json_require(*literal != '\0', reader->source, "pre-tokenizer", reader->component);
    add_step(reader, regex_of_literal(literal, reader->text), behavior, is_inverted);
}

static void read_byte_level(struct reader *reader)
{
    struct tokenizer_rules *rules = &reader->tokenizer->rules;
    json_require(!rules->bytes, reader->source, "pre-tokenizer after another ByteLevel",
                 reader->component);
    if (json_find_flag(reader->source, reader->component, "add_prefix_space", true)) {
        json_require(reader->tokenizer->steps.count == 0, reader->source,
                     "pre-tokenizer after another one", reader->component);
        rules->text_prefix = PREFIX_UNLESS_SPACE;
    }
    if (json_find_flag(reader->source, reader->component, "use_regex", true))
        add_regex_step(reader, GPT2_REGEX, SPLIT_ISOLATED, false);
    rules->bytes = true;
    reader->text = REGEX_BYTES;
}

static void read_digits(struct reader *reader)
{
    bool are_individual = json_find_flag(reader->source, reader->component, "individual_digits",
                                         false);
    bool is_first = reader->tokenizer->steps.count == 0 && reader->text == REGEX_UTF8;
    struct code_set digits = {0};
    unicode_class_add(&digits, CLASS_DIGIT);
    add_set_step(reader, digits, false, are_individual ? SPLIT_ISOLATED : SPLIT_CONTIGUOUS);
    reader->are_known = is_first && are_individual;
    reader->rules = (struct split_rules){.digits_alone = reader->are_known};
}

static void read_punctuation(struct reader *reader, enum split_behavior behavior)
{
    struct code_set punctuation = {0};
    unicode_punctuation_add(&punctuation);
    add_set_step(reader, punctuation, false, behavior);
}

static void read_white_space(struct reader *reader)
{
    struct code_set spaces = {0};
    unicode_class_add(&spaces, CLASS_SPACE);
    add_set_step(reader, spaces, true, SPLIT_REMOVED);
}

// Whitespace: \w+|[^\w\s]+, by another engine than Split's.
static void read_words(struct reader *reader)
{
    struct code_set words = {0};
    read_white_space(reader);
    unicode_class_add(&words, CLASS_WORD);
    add_set_step(reader, words, true, SPLIT_ISOLATED);
}

static void read_delimiter(struct reader *reader)
{
    const char *delimiter = json_get_text(reader->source, reader->component, "delimiter");
    json_require(*delimiter != '\0', reader->source, "pre-tokenizer", reader->component);
    add_step(reader, regex_of_literal(delimiter, reader->text), SPLIT_REMOVED, false);
}

static void read_step(struct reader *reader)
{
    const char *type = json_get_text(reader->source, reader->component, "type");
    if (strcmp(type, "Split") == 0) {
        read_split(reader);
    } else if (strcmp(type, "ByteLevel") == 0) {
        read_byte_level(reader);
    } else if (strcmp(type, "Digits") == 0) {
        read_digits(reader);
    } else if (strcmp(type, "Punctuation") == 0) {
        read_punctuation(reader, read_behavior(reader, behaviors[SPLIT_ISOLATED]));
    } else if (strcmp(type, "Whitespace") == 0) {
        read_words(reader);
    } else if (strcmp(type, "WhitespaceSplit") == 0) {
        read_white_space(reader);
    } else if (strcmp(type, "BertPreTokenizer") == 0) {
        read_white_space(reader);
        read_punctuation(reader, SPLIT_ISOLATED);
    } else if (strcmp(type, "CharDelimiterSplit") == 0) {
        read_delimiter(reader);
    } else if (strcmp(type, "Metaspace") == 0) {
        die(reader->source->status, "%s: pre-tokenizer 'Metaspace' in an unsupported place",
            reader->source->name);
    } else {
        load_json_die_unknown(reader->source, "pre-tokenizer", type);
    }
}

enum prefix_kind json_prefix_of_scheme(const struct json_source *source, json_t *component)
{
    bool old_flag = json_find_flag(source, component, "add_prefix_space", true);
    const char *scheme =
        json_find_text(source, component, "prepend_scheme", old_flag ? "always" : "never");
    if (strcmp(scheme, "always") == 0)
        return PREFIX_UNLESS_SPACE;
    if (strcmp(scheme, "first") == 0)
        return PREFIX_FIRST_UNLESS_SPACE;
    if (strcmp(scheme, "never") == 0)
        return PREFIX_NONE;
    load_json_die_unknown(source, "prepend_scheme of Metaspace", scheme);
}

static void load_metaspace(struct tokenizer *tokenizer, const struct json_source *source,
                           json_t *component)
{
    struct tokenizer_rules *rules = &tokenizer->rules;
    json_require(strcmp(json_get_text(source, component, "replacement"), METASPACE_TEXT) == 0,
                 source, "pre-tokenizer", component);
    rules->metaspace_space = true;
    rules->text_prefix = (uint8_t)json_prefix_of_scheme(source, component);
    if (json_find_flag(source, component, "split", true))
        rules->split.kind = SPLIT_BEFORE_SPACE;
}

// Gemma: after a normalizer that replaces spaces, a Split looks for spaces, and finds none.
static void check_finds_nothing(const struct json_source *source, json_t *component)
{
    const char *literal = NULL;
    if (strcmp(json_get_text(source, component, "type"), "Split") == 0)
        literal = json_plain_pattern(source, component);
    json_require(literal != NULL && strcmp(literal, " ") == 0
                     && strcmp(json_get_text(source, component, "behavior"),
                               behaviors[SPLIT_MERGED_WITH_PREVIOUS])
                            == 0,
                 source, "pre-tokenizer after a normalizer that replaces spaces", component);
}

void load_json_pre_tokenizer(struct tokenizer *tokenizer, const struct json_source *source,
                             json_t *component)
{
    struct reader reader = {.tokenizer = tokenizer, .source = source};
    struct json_steps steps =
        json_steps_of(source, "pre-tokenizer", "pretokenizers", component);
    json_t *metaspace = steps.count == 1 ? json_take(&steps, "Metaspace") : NULL;
    if (metaspace != NULL) {
        load_metaspace(tokenizer, source, metaspace);
        return;
    }
    for (size_t i = 0; i < steps.count; i++) {
        reader.component = steps.list[i];
        if (tokenizer->rules.metaspace_normalized)
            check_finds_nothing(source, reader.component);
        else
            read_step(&reader);
    }
    if (reader.are_known && reader.rules.kind != SPLIT_NOWHERE) {
        tokenizer->rules.split = reader.rules;
        split_steps_free(&tokenizer->steps);
    } else if (tokenizer->steps.count > 0) {
        tokenizer->rules.split.kind = SPLIT_BY_STEPS;
        tokenizer->steps_source = json_print(component, JSON_COMPACT);
    }
}
