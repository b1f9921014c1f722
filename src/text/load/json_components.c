// SPDX-License-Identifier: BSD-2-Clause
// tokenizer.json: normalizer, decoder and post-processor.

#include "config.h"

#include <string.h>

#include "common/diagnostics.h"
#include "text/load/json_steps.h"
#include "text/load/load.h"
#include "text/unicode/utf8.h"

// Returns true if COMPONENT replaces every FROM by TO.
static bool replaces(const struct json_source *source, json_t *component, const char *from,
                     const char *to)
{
    const char *pattern = json_plain_pattern(source, component);
    return pattern != NULL && strcmp(pattern, from) == 0
           && strcmp(json_get_text(source, component, "content"), to) == 0;
}

// Supports NFC, then spaces replaced by U+2581, then one U+2581 before the text. Without the
// replacement, text has spaces as well as U+2581, which are the same here.
void load_json_normalizer(struct tokenizer *tokenizer, const struct json_source *source,
                          json_t *component)
{
    struct tokenizer_rules *rules = &tokenizer->rules;
    struct json_steps steps = json_steps_of(source, "normalizer", "normalizers", component);
    rules->nfc = json_take(&steps, "NFC") != NULL;
    size_t first = steps.next;
    json_t *prepend = json_take(&steps, "Prepend"), *replace = json_take(&steps, "Replace");
    if (replace == NULL)
        steps.next = first;
    json_end_of_steps(&steps, "NFC Prepend Replace ");
    if (replace == NULL)
        return;
    json_require(replaces(source, replace, " ", METASPACE_TEXT), source, "normalizer", replace);
    rules->metaspace_space = rules->metaspace_normalized = true;
    if (prepend == NULL)
        return;
    json_require(strcmp(json_get_text(source, prepend, "prepend"), METASPACE_TEXT) == 0, source,
            "normalizer", prepend);
    rules->fragment_prefix = PREFIX_ALWAYS;
}

static void load_strip(struct tokenizer *tokenizer, const struct json_source *source,
                       json_t *component)
{
    json_require(strcmp(json_get_text(source, component, "content"), " ") == 0
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
    struct json_steps steps = json_steps_of(source, "decoder", "decoders", component);
    json_t *replace = NULL, *metaspace = NULL, *strip = NULL;
    rules->decodes = component != NULL;
    if (json_take(&steps, "ByteLevel") == NULL) {
        replace = json_take(&steps, "Replace");
        if (replace == NULL)
            metaspace = json_take(&steps, "Metaspace");
        rules->decodes_bytes = json_take(&steps, "ByteFallback") != NULL;
        if (json_take(&steps, "Fuse") != NULL && metaspace == NULL)
            strip = json_take(&steps, "Strip");
    }
    json_end_of_steps(&steps, "ByteFallback ByteLevel Fuse Metaspace Replace Strip ");
    rules->decodes_metaspace = replace != NULL || metaspace != NULL;
    if (replace != NULL)
        json_require(replaces(source, replace, METASPACE_TEXT, " "), source, "decoder", replace);
    if (metaspace != NULL && json_prefix_of_scheme(source, metaspace) != PREFIX_NONE)
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
            json_require(!after, source, "template", single);
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
    struct json_steps steps = json_steps_of(source, "post-processor", "processors", component);
    while (steps.next < steps.count) {
        json_t *step = json_take(&steps, "TemplateProcessing");
        if (step != NULL)
            load_template(tokenizer, source, step);
        else if (json_take(&steps, "ByteLevel") == NULL)  // which only moves offsets
            json_end_of_steps(&steps, "");
    }
}
