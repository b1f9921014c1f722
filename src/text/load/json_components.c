// SPDX-License-Identifier: BSD-2-Clause
// tokenizer.json: normalizer, pre-tokenizer, decoder and post-processor.

#include "config.h"

#include <string.h>

#include "common/diagnostics.h"
#include "text/load/load.h"
#include "text/unicode/utf8.h"

typedef void load_component(struct tokenizer *tokenizer, const struct json_source *source,
                            json_t *component);

static const char *type_of(const struct json_source *source, json_t *component)
{
    return json_get_text(source, component, "type");
}

// Calls LOAD for each component of the array KEY of a Sequence.
static void load_sequence(struct tokenizer *tokenizer, const struct json_source *source,
                          json_t *sequence, const char *key, load_component *load)
{
    json_t *list = json_get(source, sequence, key, JSON_ARRAY);
    for (size_t i = 0; i < json_array_size(list); i++)
        load(tokenizer, source, json_array_get(list, i));
}

// The string of a pattern {"String": …}, or NULL.
static const char *plain_pattern(const struct json_source *source, json_t *component)
{
    json_t *pattern = json_get(source, component, "pattern", JSON_OBJECT);
    return json_find_text(source, pattern, "String", NULL);
}

static void require(bool condition, const struct json_source *source, const char *kind,
                    json_t *component)
{
    if (!condition)
        load_json_die_unknown(source, kind, json_print(component, JSON_COMPACT));
}

// Whether COMPONENT replaces every FROM by TO.
static bool replaces(const struct json_source *source, json_t *component, const char *from,
                     const char *to)
{
    const char *pattern = plain_pattern(source, component);
    return pattern != NULL && strcmp(pattern, from) == 0
           && strcmp(json_get_text(source, component, "content"), to) == 0;
}

void load_json_normalizer(struct tokenizer *tokenizer, const struct json_source *source,
                          json_t *component)
{
    struct tokenizer_rules *rules = &tokenizer->rules;
    if (component == NULL)
        return;
    const char *type = type_of(source, component);
    if (strcmp(type, "Sequence") == 0) {
        load_sequence(tokenizer, source, component, "normalizers", load_json_normalizer);
    } else if (strcmp(type, "NFC") == 0) {
        require(!rules->nfc && !rules->metaspace_space && rules->fragment_prefix == PREFIX_NONE,
                source, "order of normalizers", component);
        rules->nfc = true;
    } else if (strcmp(type, "Prepend") == 0) {
        require(strcmp(json_get_text(source, component, "prepend"), METASPACE_TEXT) == 0, source,
                "normalizer", component);
        rules->fragment_prefix = PREFIX_ALWAYS;
    } else if (strcmp(type, "Replace") == 0) {
        require(replaces(source, component, " ", METASPACE_TEXT), source, "normalizer", component);
        rules->metaspace_space = true;
    } else {
        load_json_die_unknown(source, "normalizer", type);
    }
}

static void load_byte_level(struct tokenizer *tokenizer, const struct json_source *source,
                            json_t *component)
{
    struct tokenizer_rules *rules = &tokenizer->rules;
    rules->bytes = true;
    if (json_find_flag(source, component, "add_prefix_space", true)) {
        require(rules->split.kind == SPLIT_NOWHERE && !rules->split.digits_alone, source,
                "pre-tokenizer behind another one", component);
        rules->text_prefix = PREFIX_UNLESS_SPACE;
    }
    if (!json_find_flag(source, component, "use_regex", true))
        return;
    require(rules->split.kind == SPLIT_NOWHERE, source, "pre-tokenizer behind another one",
            component);
    rules->split.kind = SPLIT_GPT2;
}

static void load_split(struct tokenizer *tokenizer, const struct json_source *source,
                       json_t *component)
{
    struct tokenizer_rules *rules = &tokenizer->rules;
    json_t *pattern = json_get(source, component, "pattern", JSON_OBJECT);
    const char *regex = json_find_text(source, pattern, "Regex", NULL);
    const char *behavior = json_get_text(source, component, "behavior");
    const char *plain = plain_pattern(source, component);
    // Gemma's: there are no spaces any more when it comes to look for them.
    if (plain != NULL && strcmp(plain, " ") == 0 && strcmp(behavior, "MergedWithPrevious") == 0
        && rules->metaspace_space)
        return;
    bool inverted = json_find_flag(source, component, "invert", false);
    bool isolates = strcmp(behavior, "Isolated") == 0 && !inverted;
    bool removes = strcmp(behavior, "Removed") == 0 && inverted;  // what is between the matches
    require(regex != NULL && (isolates || removes), source, "pre-tokenizer", component);
    require(rules->split.kind == SPLIT_NOWHERE && !rules->split.digits_alone, source,
            "pre-tokenizer behind another one", component);
    if (!split_rules_of_regex(regex, &rules->split))
        load_json_die_unknown(source, "pattern of pre-tokenizer Split", regex);
}

static enum prefix_kind prefix_of_scheme(const struct json_source *source, json_t *component)
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
    require(strcmp(json_get_text(source, component, "replacement"), METASPACE_TEXT) == 0, source,
            "pre-tokenizer", component);
    require(rules->split.kind == SPLIT_NOWHERE && !rules->split.digits_alone, source,
            "pre-tokenizer behind another one", component);
    rules->metaspace_space = true;
    rules->text_prefix = (uint8_t)prefix_of_scheme(source, component);
    if (json_find_flag(source, component, "split", true))
        rules->split.kind = SPLIT_BEFORE_SPACE;
}

void load_json_pre_tokenizer(struct tokenizer *tokenizer, const struct json_source *source,
                             json_t *component)
{
    struct tokenizer_rules *rules = &tokenizer->rules;
    if (component == NULL)
        return;
    const char *type = type_of(source, component);
    if (strcmp(type, "Sequence") == 0) {
        load_sequence(tokenizer, source, component, "pretokenizers", load_json_pre_tokenizer);
    } else if (strcmp(type, "ByteLevel") == 0) {
        load_byte_level(tokenizer, source, component);
    } else if (strcmp(type, "Split") == 0) {
        load_split(tokenizer, source, component);
    } else if (strcmp(type, "Metaspace") == 0) {
        load_metaspace(tokenizer, source, component);
    } else if (strcmp(type, "Digits") == 0) {
        require(json_find_flag(source, component, "individual_digits", false)
                    && rules->split.kind == SPLIT_NOWHERE,
                source, "pre-tokenizer", component);
        rules->split.digits_alone = true;
    } else {
        load_json_die_unknown(source, "pre-tokenizer", type);
    }
}

static void load_strip(struct tokenizer *tokenizer, const struct json_source *source,
                       json_t *component)
{
    require(strcmp(json_get_text(source, component, "content"), " ") == 0
                && json_get_integer(source, component, "start", 0, INT32_MAX) == 1
                && json_get_integer(source, component, "stop", 0, INT32_MAX) == 0,
            source, "decoder", component);
    tokenizer->rules.strip = STRIP_ONE_SPACE;
}

void load_json_decoder(struct tokenizer *tokenizer, const struct json_source *source,
                       json_t *component)
{
    struct tokenizer_rules *rules = &tokenizer->rules;
    if (component == NULL)
        return;
    const char *type = type_of(source, component);
    rules->decodes = true;
    if (strcmp(type, "Sequence") == 0) {
        load_sequence(tokenizer, source, component, "decoders", load_json_decoder);
    } else if (strcmp(type, "Replace") == 0) {
        require(replaces(source, component, METASPACE_TEXT, " "), source, "decoder", component);
        rules->decodes_metaspace = true;
    } else if (strcmp(type, "ByteFallback") == 0) {
        rules->decodes_bytes = true;
    } else if (strcmp(type, "Strip") == 0) {
        load_strip(tokenizer, source, component);
    } else if (strcmp(type, "Metaspace") == 0) {
        rules->decodes_metaspace = true;
        if (prefix_of_scheme(source, component) != PREFIX_NONE)
            rules->strip = STRIP_FIRST_SPACES;
    } else if (strcmp(type, "ByteLevel") != 0 && strcmp(type, "Fuse") != 0) {
        load_json_die_unknown(source, "decoder", type);
    }
}

static void put_template_id(struct tokenizer *tokenizer, const struct json_source *source,
                            bool behind, json_t *id)
{
    int32_t *ids = behind ? tokenizer->suffix : tokenizer->prefix;
    int *count = behind ? &tokenizer->suffix_count : &tokenizer->prefix_count;
    if (*count == TEMPLATE_MAX)
        die(source->status, "%s: more than %d tokens in a template", source->name, TEMPLATE_MAX);
    ids[(*count)++] = (int32_t)json_to_integer(source, id, "ids", 0,
                                            (int64_t)tokenizer->vocabulary.count - 1);
}

static void load_template(struct tokenizer *tokenizer, const struct json_source *source,
                          json_t *component)
{
    json_t *single = json_get(source, component, "single", JSON_ARRAY);
    json_t *tokens = json_get(source, component, "special_tokens", JSON_OBJECT);
    bool behind = false;
    for (size_t i = 0; i < json_array_size(single); i++) {
        json_t *item = json_array_get(single, i);
        json_t *special = json_find(source, item, "SpecialToken", JSON_OBJECT);
        if (special == NULL) {
            json_get(source, item, "Sequence", JSON_OBJECT);
            require(!behind, source, "template", single);
            behind = true;
            continue;
        }
        const char *name = json_get_text(source, special, "id");
        json_t *ids = json_get(source, json_get(source, tokens, name, JSON_OBJECT), "ids",
                                    JSON_ARRAY);
        for (size_t k = 0; k < json_array_size(ids); k++)
            put_template_id(tokenizer, source, behind, json_array_get(ids, k));
    }
}

void load_json_post_processor(struct tokenizer *tokenizer, const struct json_source *source,
                              json_t *component)
{
    if (component == NULL)
        return;
    const char *type = type_of(source, component);
    if (strcmp(type, "Sequence") == 0)
        load_sequence(tokenizer, source, component, "processors", load_json_post_processor);
    else if (strcmp(type, "TemplateProcessing") == 0)
        load_template(tokenizer, source, component);
    else if (strcmp(type, "ByteLevel") != 0)  // which moves offsets only
        load_json_die_unknown(source, "post-processor", type);
}
