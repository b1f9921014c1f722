// SPDX-License-Identifier: BSD-2-Clause
// tokenizer.json: normalizer, pre-tokenizer, decoder and post-processor.

#include "config.h"

#include <string.h>

#include "common/diagnostics.h"
#include "text/load/load.h"
#include "text/unicode/utf8.h"

enum { STEPS_MAX = 16 };

// The components of one stage in the order in which they act, with each Sequence expanded.
struct steps {
    const struct json_source *source;
    const char *kind;  // "normalizer", "pre-tokenizer", "decoder", "post-processor"
    json_t *list[STEPS_MAX];
    size_t count;
    size_t next;  // the first one that take() has not returned
};

static const char *type_of(const struct json_source *source, json_t *component)
{
    return json_get_text(source, component, "type");
}

// Appends COMPONENT, or each element of its array KEY if it is a Sequence.
static void open_sequences(struct steps *steps, const char *key, json_t *component)
{
    if (strcmp(type_of(steps->source, component), "Sequence") == 0) {
        json_t *list = json_get(steps->source, component, key, JSON_ARRAY);
        for (size_t i = 0; i < json_array_size(list); i++)
            open_sequences(steps, key, json_array_get(list, i));
        return;
    }
    if (steps->count == STEPS_MAX)
        die(steps->source->status, "%s: more than %d %ss", steps->source->name, STEPS_MAX,
            steps->kind);
    steps->list[steps->count++] = component;
}

static struct steps steps_of(const struct json_source *source, const char *kind, const char *key,
                             json_t *component)
{
    struct steps steps = {.source = source, .kind = kind};
    if (component != NULL)
        open_sequences(&steps, key, component);
    return steps;
}

// Returns the next step and advances if it is of TYPE; otherwise returns NULL.
static json_t *take(struct steps *steps, const char *type)
{
    if (steps->next == steps->count
        || strcmp(type_of(steps->source, steps->list[steps->next]), type) != 0)
        return NULL;
    return steps->list[steps->next++];
}

// Dies if a step is left: an unknown one, or a known one in an unsupported order or combination.
// KNOWN lists the types, each followed by a space.
static void end_of_steps(const struct steps *steps, const char *known)
{
    if (steps->next == steps->count)
        return;
    const char *type = type_of(steps->source, steps->list[steps->next]);
    size_t size = strlen(type);
    for (const char *at = known; (at = strstr(at, type)) != NULL; at += size)
        if (at[size] == ' ' && (at == known || at[-1] == ' '))
            die(steps->source->status, "%s: %s '%s' in an unsupported place", steps->source->name,
                steps->kind, type);
    load_json_die_unknown(steps->source, steps->kind, type);
}

// Returns the string of a pattern {"String": …}, or NULL.
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

// Returns true if COMPONENT replaces every FROM by TO.
static bool replaces(const struct json_source *source, json_t *component, const char *from,
                     const char *to)
{
    const char *pattern = plain_pattern(source, component);
    return pattern != NULL && strcmp(pattern, from) == 0
           && strcmp(json_get_text(source, component, "content"), to) == 0;
}

// Supports NFC, then spaces replaced by U+2581, then one U+2581 before the text. Without the
// replacement, text has spaces as well as U+2581, which are the same here.
void load_json_normalizer(struct tokenizer *tokenizer, const struct json_source *source,
                          json_t *component)
{
    struct tokenizer_rules *rules = &tokenizer->rules;
    struct steps steps = steps_of(source, "normalizer", "normalizers", component);
    rules->nfc = take(&steps, "NFC") != NULL;
    size_t first = steps.next;
    json_t *prepend = take(&steps, "Prepend"), *replace = take(&steps, "Replace");
    if (replace == NULL)
        steps.next = first;
    end_of_steps(&steps, "NFC Prepend Replace ");
    if (replace == NULL)
        return;
    require(replaces(source, replace, " ", METASPACE_TEXT), source, "normalizer", replace);
    rules->metaspace_space = rules->metaspace_normalized = true;
    if (prepend == NULL)
        return;
    require(strcmp(json_get_text(source, prepend, "prepend"), METASPACE_TEXT) == 0, source,
            "normalizer", prepend);
    rules->fragment_prefix = PREFIX_ALWAYS;
}

static void load_split(struct tokenizer *tokenizer, const struct json_source *source,
                       json_t *component)
{
    struct tokenizer_rules *rules = &tokenizer->rules;
    json_t *pattern = json_get(source, component, "pattern", JSON_OBJECT);
    const char *regex = json_find_text(source, pattern, "Regex", NULL);
    const char *behavior = json_get_text(source, component, "behavior");
    const char *plain = plain_pattern(source, component);
    if (rules->metaspace_normalized) {
        // Gemma: no spaces are left when this pre-tokenizer looks for them.
        require(plain != NULL && strcmp(plain, " ") == 0
                    && strcmp(behavior, "MergedWithPrevious") == 0,
                source, "pre-tokenizer after a normalizer that replaces spaces", component);
        return;
    }
    bool inverted = json_find_flag(source, component, "invert", false);
    bool isolates = strcmp(behavior, "Isolated") == 0 && !inverted;
    bool removes = strcmp(behavior, "Removed") == 0 && inverted;  // keep only what matches
    require(regex != NULL && (isolates || removes), source, "pre-tokenizer", component);
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
    rules->metaspace_space = true;
    rules->text_prefix = (uint8_t)prefix_of_scheme(source, component);
    if (json_find_flag(source, component, "split", true))
        rules->split.kind = SPLIT_BEFORE_SPACE;
}

// BEFORE: another pre-tokenizer precedes this one.
static void load_byte_level(struct tokenizer *tokenizer, const struct json_source *source,
                            json_t *component, bool before)
{
    struct tokenizer_rules *rules = &tokenizer->rules;
    rules->bytes = true;
    if (json_find_flag(source, component, "add_prefix_space", true)) {
        require(!before, source, "pre-tokenizer after another one", component);
        rules->text_prefix = PREFIX_UNLESS_SPACE;
    }
    if (json_find_flag(source, component, "use_regex", true)) {
        require(rules->split.kind == SPLIT_NOWHERE, source, "pre-tokenizer after another one",
                component);
        rules->split.kind = SPLIT_GPT2;
    } else {
        require(!rules->split.digits_alone, source, "pre-tokenizer after Digits", component);
    }
}

static void load_digits(struct tokenizer *tokenizer, const struct json_source *source,
                        json_t *component)
{
    require(json_find_flag(source, component, "individual_digits", false), source, "pre-tokenizer",
            component);
    tokenizer->rules.split.digits_alone = true;
}

// Supports Metaspace, or Digits or one Split followed by ByteLevel.
void load_json_pre_tokenizer(struct tokenizer *tokenizer, const struct json_source *source,
                             json_t *component)
{
    struct steps steps = steps_of(source, "pre-tokenizer", "pretokenizers", component);
    json_t *metaspace = take(&steps, "Metaspace"), *digits = NULL, *split = NULL, *bytes = NULL;
    if (metaspace != NULL) {
        load_metaspace(tokenizer, source, metaspace);
    } else {
        if ((digits = take(&steps, "Digits")) != NULL)
            load_digits(tokenizer, source, digits);
        else if ((split = take(&steps, "Split")) != NULL)
            load_split(tokenizer, source, split);
        if ((bytes = take(&steps, "ByteLevel")) != NULL)
            load_byte_level(tokenizer, source, bytes, steps.next > 1);
    }
    end_of_steps(&steps, "ByteLevel Digits Metaspace Split ");
    require(digits == NULL || bytes != NULL, source, "pre-tokenizer without ByteLevel", digits);
    require(bytes == NULL || !tokenizer->rules.metaspace_normalized, source,
            "pre-tokenizer after a normalizer that replaces spaces", bytes);
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

// Supports ByteLevel, or: U+2581 becomes a space, then bytes are joined, then a space is stripped
// from the joined text.
void load_json_decoder(struct tokenizer *tokenizer, const struct json_source *source,
                       json_t *component)
{
    struct tokenizer_rules *rules = &tokenizer->rules;
    struct steps steps = steps_of(source, "decoder", "decoders", component);
    json_t *replace = NULL, *metaspace = NULL, *strip = NULL;
    rules->decodes = component != NULL;
    if (take(&steps, "ByteLevel") == NULL) {
        replace = take(&steps, "Replace");
        if (replace == NULL)
            metaspace = take(&steps, "Metaspace");
        rules->decodes_bytes = take(&steps, "ByteFallback") != NULL;
        if (take(&steps, "Fuse") != NULL && metaspace == NULL)
            strip = take(&steps, "Strip");
    }
    end_of_steps(&steps, "ByteFallback ByteLevel Fuse Metaspace Replace Strip ");
    rules->decodes_metaspace = replace != NULL || metaspace != NULL;
    if (replace != NULL)
        require(replaces(source, replace, METASPACE_TEXT, " "), source, "decoder", replace);
    if (metaspace != NULL && prefix_of_scheme(source, metaspace) != PREFIX_NONE)
        rules->strip = STRIP_FIRST_SPACES;
    if (strip != NULL)
        load_strip(tokenizer, source, strip);
}

static void put_template_id(struct tokenizer *tokenizer, const struct json_source *source,
                            bool after, json_t *id)
{
    int32_t *ids = after ? tokenizer->suffix : tokenizer->prefix;
    int *count = after ? &tokenizer->suffix_count : &tokenizer->prefix_count;
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
    bool after = false;
    for (size_t i = 0; i < json_array_size(single); i++) {
        json_t *item = json_array_get(single, i);
        json_t *special = json_find(source, item, "SpecialToken", JSON_OBJECT);
        if (special == NULL) {
            json_get(source, item, "Sequence", JSON_OBJECT);
            require(!after, source, "template", single);
            after = true;
            continue;
        }
        const char *name = json_get_text(source, special, "id");
        json_t *ids = json_get(source, json_get(source, tokens, name, JSON_OBJECT), "ids",
                                    JSON_ARRAY);
        for (size_t k = 0; k < json_array_size(ids); k++)
            put_template_id(tokenizer, source, after, json_array_get(ids, k));
    }
}

void load_json_post_processor(struct tokenizer *tokenizer, const struct json_source *source,
                              json_t *component)
{
    struct steps steps = steps_of(source, "post-processor", "processors", component);
    while (steps.next < steps.count) {
        json_t *step = take(&steps, "TemplateProcessing");
        if (step != NULL)
            load_template(tokenizer, source, step);
        else if (take(&steps, "ByteLevel") == NULL)  // which only moves offsets
            end_of_steps(&steps, "");
    }
}
