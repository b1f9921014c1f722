// SPDX-License-Identifier: BSD-2-Clause
// tokenizer.json: the file as a whole. Unknown features are refused by name, because ignoring them
// would give other ids than the reference.

#include "config.h"

#include "text/load/load.h"

#include <string.h>

#include "common/diagnostics.h"

void load_json_die_unknown(const struct json_source *source, const char *kind, const char *what)
{
    die(source->status, "%s: unknown %s '%s'", source->name, kind, what);
}

static json_t *member(const struct json_source *source, json_t *root, const char *key)
{
    return json_find(source, root, key, JSON_OBJECT);
}

// Truncation is not applied, as in transformers unless it is asked for.
static void load_truncation(struct tokenizer *tokenizer, const struct json_source *source,
                            json_t *root)
{
    json_t *truncation = member(source, root, "truncation");
    if (truncation != NULL)
        tokenizer->rules.truncation =
            json_get_integer(source, truncation, "max_length", 0, INT64_MAX);
}

// Padding to the longest of one text does nothing. Any other padding would change the ids.
static void check_padding(const struct json_source *source, json_t *root)
{
    json_t *padding = member(source, root, "padding");
    if (padding == NULL)
        return;
    if (!json_is_string(json_object_get(padding, "strategy")))
        die(source->status, "%s: 'padding' to a fixed length is not supported", source->name);
    if (json_find_integer(source, padding, "pad_to_multiple_of", 0, INT32_MAX, 0) > 1)
        die(source->status, "%s: 'padding' to a multiple of a length is not supported",
            source->name);
}

// Byte-level files spell every token in a character set of their own, so all parts must agree on
// it.
static void check_parts_agree(const struct tokenizer *tokenizer, const struct json_source *source,
                              json_t *decoder)
{
    const struct tokenizer_rules *rules = &tokenizer->rules;
    if (decoder == NULL)
        return;
    bool byte_level = strcmp(json_get_text(source, decoder, "type"), "ByteLevel") == 0;
    if (byte_level != rules->bytes)
        die(source->status, "%s: the pre-tokenizer %s byte-level but the decoder %s", source->name,
            rules->bytes ? "is" : "is not", byte_level ? "is" : "is not");
    if (rules->decodes_metaspace && !rules->metaspace_space)
        die(source->status,
            "%s: the decoder turns U+2581 into spaces, but nothing turns spaces into it",
            source->name);
}

static void load_components(struct tokenizer *tokenizer, const struct json_source *source,
                            json_t *root)
{
    json_t *decoder = member(source, root, "decoder");
    json_t *added = json_find(source, root, "added_tokens", JSON_ARRAY);
    load_truncation(tokenizer, source, root);
    check_padding(source, root);
    load_json_normalizer(tokenizer, source, member(source, root, "normalizer"));
    load_json_pre_tokenizer(tokenizer, source, member(source, root, "pre_tokenizer"));
    load_json_decoder(tokenizer, source, decoder);
    check_parts_agree(tokenizer, source, decoder);
    load_json_model(tokenizer, source, json_get(source, root, "model", JSON_OBJECT), added);
    load_json_post_processor(tokenizer, source, member(source, root, "post_processor"));
}

void load_json(struct tokenizer *tokenizer, const uint8_t *data, size_t size)
{
    const struct json_source source = {.name = tokenizer->name, .status = STATUS_INPUT};
    json_t *root = json_parse(&source, data, size);
    load_components(tokenizer, &source, root);
    json_decref(root);
}
