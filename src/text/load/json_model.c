// SPDX-License-Identifier: BSD-2-Clause
// tokenizer.json: the BPE model and the added tokens.

#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "common/diagnostics.h"
#include "common/memory.h"
#include "text/bpe/byte_pairs.h"
#include "text/load/load.h"
#include "text/load/name_table.h"
#include "text/load/spelling.h"
#include "text/normalize/normalize.h"
#include "text/unicode/utf8.h"

struct model_loader {
    struct tokenizer *tokenizer;
    const struct json_source *source;
    struct name_table names;
    struct vocabulary_builder builder;
    int32_t names_count;
    int32_t added_end;  // largest id of an added token plus one
    bool merges_byte_tokens;
};

static int32_t read_id(const struct json_source *source, json_t *value, const char *name)
{
    return (int32_t)json_to_integer(source, value, name, 0, VOCABULARY_MAX - 1);
}

static bool is_taken(const struct vocabulary_builder *builder, int32_t id)
{
    return id < (int32_t)builder->count && (builder->tokens[id].flags & TOKEN_PRESENT);
}

static void load_vocabulary(struct model_loader *loader, json_t *vocabulary)
{
    loader->names_count = (int32_t)json_object_size(vocabulary);
    loader->names = name_table_new((size_t)loader->names_count);
    const char *name;
    json_t *value;
    json_object_foreach(vocabulary, name, value)
    {
        size_t size = strlen(name);
        int32_t id = read_id(loader->source, value, name);
        if (is_taken(&loader->builder, id))
            die(loader->source->status, "%s: duplicate id %d, of token '%s'",
                loader->source->name, id, name);
        struct spelled spelled = spelling_read(&loader->tokenizer->rules, name, size);
        vocabulary_builder_set(&loader->builder, id, spelled.text, spelled.size,
                               spelled.is_byte ? TOKEN_BYTE : 0, spelled.plain);
        free(spelled.text);
        name_table_put(&loader->names, name, size, id);
    }
}

static int32_t find_part(const struct model_loader *loader, size_t rank, const char *name,
                         size_t size)
{
    int32_t id = name_table_find(&loader->names, name, size);
    if (id == ID_NONE)
        die(loader->source->status, "%s: merges[%zu]: '%.*s' is not in the vocabulary",
            loader->source->name, rank, size < 100 ? (int)size : 100, name);
    return id;
}

static uint32_t last_character(const char *text, size_t size)
{
    uint32_t code;
    const uint8_t *begin = (const uint8_t *)text;
    const uint8_t *last = utf8_previous(begin, begin + size);
    utf8_decode(last, (size_t)(begin + size - last), &code);
    return code == METASPACE ? ' ' : code;
}

static uint32_t first_character(const char *text, size_t size)
{
    uint32_t code;
    utf8_decode((const uint8_t *)text, size, &code);
    return code == METASPACE ? ' ' : code;
}

static void load_merge(struct model_loader *loader, size_t rank, const char *left,
                       size_t left_size, const char *right, size_t right_size)
{
    if (left_size == 0 || right_size == 0)
        die(loader->source->status, "%s: merges[%zu]: a part is empty", loader->source->name, rank);
    struct buffer both = {0};
    buffer_append(&both, left, left_size);
    buffer_append(&both, right, right_size);
    struct merge merge = {
        .left = find_part(loader, rank, left, left_size),
        .right = find_part(loader, rank, right, right_size),
        .rank = (int32_t)rank,
        .id = find_part(loader, rank, both.data, both.size),
    };
    buffer_free(&both);
    vocabulary_builder_merge(&loader->builder, merge);
    if ((loader->builder.tokens[merge.left].flags | loader->builder.tokens[merge.right].flags)
        & TOKEN_BYTE)
        loader->merges_byte_tokens = true;
    if (!loader->tokenizer->rules.bytes)
        boundaries_join(&loader->tokenizer->boundaries, last_character(left, left_size),
                        first_character(right, right_size));
}

// Older files spell merges "left right".
static void load_spaced_merge(struct model_loader *loader, size_t rank, json_t *item)
{
    const char *text = json_string_value(item);
    size_t size = json_string_length(item);
    const char *space = memchr(text, ' ', size);
    if (space == NULL || memchr(space + 1, ' ', size - (size_t)(space + 1 - text)) != NULL)
        die(loader->source->status, "%s: merges[%zu]: '%s' is not two tokens and a space",
            loader->source->name, rank, text);
    load_merge(loader, rank, text, (size_t)(space - text), space + 1,
               size - (size_t)(space + 1 - text));
}

static void load_paired_merge(struct model_loader *loader, size_t rank, json_t *item)
{
    json_t *left = json_array_get(item, 0);
    json_t *right = json_array_get(item, 1);
    if (json_array_size(item) != 2 || !json_is_string(left)
        || !json_is_string(right))
        die(loader->source->status, "%s: merges[%zu] is not a pair of strings",
            loader->source->name, rank);
    load_merge(loader, rank, json_string_value(left),
               json_string_length(left), json_string_value(right),
               json_string_length(right));
}

static void load_merges(struct model_loader *loader, json_t *merges)
{
    size_t count = json_array_size(merges), rank = 0;
    if (count > MERGE_RANK_MAX)
        die(loader->source->status, "%s: more than %d merges", loader->source->name,
            MERGE_RANK_MAX);
    for (size_t i = 0; i < count; i++) {
        json_t *item = json_array_get(merges, i);
        if (json_is_array(item))
            load_paired_merge(loader, rank++, item);
        else if (!json_is_string(item))
            die(loader->source->status, "%s: merges[%zu] is not a merge", loader->source->name, i);
        else if (strncmp(json_string_value(item), "#version", 8) != 0)
            load_spaced_merge(loader, rank++, item);
    }
}

static void refuse_affix(const struct json_source *source, json_t *model, const char *key)
{
    const char *affix = json_find_text(source, model, key, "");
    if (*affix != '\0')
        load_json_die_unknown(source, key, affix);
}

static void check_model(const struct json_source *source, json_t *model)
{
    const char *type = json_find_text(source, model, "type", "BPE");
    if (strcmp(type, "BPE") != 0)
        load_json_die_unknown(source, "model", type);
    refuse_affix(source, model, "continuing_subword_prefix");
    refuse_affix(source, model, "end_of_word_suffix");
    if (json_number_value(json_object_get(model, "dropout")) != 0)
        die(source->status, "%s: 'dropout' is not supported: it makes tokens random", source->name);
}

static void load_unknown(struct model_loader *loader, json_t *model)
{
    struct tokenizer_rules *rules = &loader->tokenizer->rules;
    const char *unknown = json_find_text(loader->source, model, "unk_token", NULL);
    if (unknown == NULL)
        return;
    rules->unknown = name_table_find(&loader->names, unknown, strlen(unknown));
    if (rules->unknown == ID_NONE)
        die(loader->source->status, "%s: unk_token '%s' is not in the vocabulary",
            loader->source->name, unknown);
}

static const char *spell_byte(const struct tokenizer_rules *rules, int byte, char spelling[8])
{
    if (!rules->bytes) {
        static const char digits[] = "0123456789ABCDEF";
        memcpy(spelling, "<0x00>", 7);
        spelling[3] = digits[byte / 16];
        spelling[4] = digits[byte % 16];
    } else {
        spelling[utf8_encode(spelling_of_byte((uint8_t)byte), (uint8_t *)spelling)] = '\0';
    }
    return spelling;
}

// In a byte-level vocabulary, a byte without a token is an unknown character, which has a token of
// its own if the file names one.
static void load_byte_ids(struct model_loader *loader)
{
    struct tokenizer_rules *rules = &loader->tokenizer->rules;
    bool complete = true;
    if (!rules->bytes && !rules->byte_fallback)
        return;
    for (int byte = 0; byte < 256; byte++) {
        char spelling[8];
        spell_byte(rules, byte, spelling);
        int32_t id = name_table_find(&loader->names, spelling, strlen(spelling));
        complete &= id != ID_NONE;
        if (id == ID_NONE && rules->bytes)
            id = rules->unknown;
        rules->byte_ids[byte] = id;
    }
    rules->all_known = complete && rules->byte_fallback && !rules->bytes;
    if (rules->bytes && !complete && rules->unknown != ID_NONE && rules->fuse_unknown)
        load_json_die_unknown(loader->source, "combination",
                              "fuse_unk with a byte-level vocabulary that lacks bytes");
}

static const char *const bos_names[] = {"<|begin_of_text|>", "<s>", "<bos>", "<|startoftext|>",
                                        NULL};
static const char *const eos_names[] = {"<|end_of_text|>", "</s>", "<eos>", "<|endoftext|>", NULL};

// Sets the id of an added token. As in the reference, the id in the file does not count: the token
// has its id in the vocabulary, or the next one after the vocabulary and all added tokens.
static void set_added_id(struct model_loader *loader, struct added_token *token)
{
    const char *content = (const char *)token->content;
    token->id = name_table_find(&loader->names, content, token->size);
    if (token->id == ID_NONE) {
        token->id = loader->added_end > loader->names_count ? loader->added_end
                                                            : loader->names_count;
        if (is_taken(&loader->builder, token->id))
            die(loader->source->status, "%s: added token '%s' gets id %d, which is taken",
                loader->source->name, content, token->id);
    }
    if (loader->added_end <= token->id)
        loader->added_end = token->id + 1;
}

static void add_token(struct model_loader *loader, const struct added_token *token)
{
    const char *content = (const char *)token->content;
    bool is_known = name_table_find(&loader->names, content, token->size) != ID_NONE;
    struct spelled spelled = spelling_read(&loader->tokenizer->rules, content, token->size);
    unsigned flags = TOKEN_ADDED | (token->special ? TOKEN_SPECIAL : 0u);
    vocabulary_builder_set(&loader->builder, token->id, spelled.text, spelled.size, flags,
                           is_known && spelled.plain);
    free(spelled.text);
    for (int i = 0; bos_names[i] != NULL; i++)
        if (strcmp(bos_names[i], content) == 0)
            loader->tokenizer->rules.bos = token->id;
    for (int i = 0; eos_names[i] != NULL; i++)
        if (strcmp(eos_names[i], content) == 0)
            loader->tokenizer->rules.eos = token->id;
}

static bool read_added_token(const struct json_source *source, json_t *item,
                             struct added_token *token)
{
    json_t *content = json_get(source, item, "content", JSON_STRING);
    *token = (struct added_token){
        .special = json_find_flag(source, item, "special", false),
        .normalized = json_find_flag(source, item, "normalized", true),
        .single_word = json_find_flag(source, item, "single_word", false),
        .strip_left = json_find_flag(source, item, "lstrip", false),
        .strip_right = json_find_flag(source, item, "rstrip", false),
        .size = (uint32_t)json_string_length(content),
        .content = (uint8_t *)(uintptr_t)json_string_value(content),
    };
    return token->size > 0;
}

// Replaces the content by its normalized form, owned.
static void normalize_content(const struct tokenizer *tokenizer, struct added_token *token)
{
    struct normalizer normalizer = {.rules = &tokenizer->rules};
    struct buffer content = {0};
    normalize(&normalizer, token->content, token->size, true, &content);
    token->size = (uint32_t)content.size;
    token->content = (uint8_t *)content.data;
    normalizer_free(&normalizer);
}

// Refuses a token for which the reference distinguishes the space from U+2581, which are the same
// here: a pre-tokenizer replaces spaces only after added tokens were matched, and a decoder strips
// only what was U+2581.
static void check_added_spaces(const struct model_loader *loader, const struct added_token *token)
{
    const struct tokenizer_rules *rules = &loader->tokenizer->rules;
    const char *content = (const char *)token->content;
    bool has_space = memchr(content, ' ', token->size) != NULL;
    bool has_any = has_space || token->strip_left || token->strip_right
                   || memmem(content, token->size, METASPACE_TEXT, METASPACE_SIZE) != NULL;
    if (token->normalized
        && ((has_any && rules->metaspace_space && !rules->metaspace_normalized)
            || (has_space && rules->strip == STRIP_FIRST_SPACES)))
        die(loader->source->status, "%s: added token '%s': unsupported spaces with Metaspace",
            loader->source->name, content);
}

// Adds TOKEN to the set that it is matched with.
static void put_in_set(struct model_loader *loader, struct added_token token)
{
    struct tokenizer *tokenizer = loader->tokenizer;
    const char *content = (const char *)token.content;
    if (token.normalized)
        normalize_content(tokenizer, &token);
    if (!added_set_put(token.normalized ? &tokenizer->normalized_added : &tokenizer->raw_added,
                       &token))
        die(loader->source->status, "%s: duplicate added token '%s'", loader->source->name,
            content);
    if (token.normalized)
        free(token.content);
}

static void load_added_tokens(struct model_loader *loader, json_t *list)
{
    for (size_t i = 0; list != NULL && i < json_array_size(list); i++) {
        struct added_token token;
        if (!read_added_token(loader->source, json_array_get(list, i), &token))
            continue;
        check_added_spaces(loader, &token);
        set_added_id(loader, &token);
        add_token(loader, &token);
        put_in_set(loader, token);
    }
}

void load_json_model(struct tokenizer *tokenizer, const struct json_source *source,
                     json_t *model, json_t *added_tokens)
{
    struct model_loader loader = {.tokenizer = tokenizer, .source = source};
    struct tokenizer_rules *rules = &tokenizer->rules;
    check_model(source, model);
    rules->fuse_unknown = json_find_flag(source, model, "fuse_unk", false);
    rules->byte_fallback = json_find_flag(source, model, "byte_fallback", false);
    rules->whole_first = json_find_flag(source, model, "ignore_merges", false);
    load_vocabulary(&loader, json_get(source, model, "vocab", JSON_OBJECT));
    load_merges(&loader, json_get(source, model, "merges", JSON_ARRAY));
    load_unknown(&loader, model);
    load_byte_ids(&loader);
    load_added_tokens(&loader, added_tokens);
    rules->cuts_words = !rules->bytes && !rules->whole_first && !loader.merges_byte_tokens;
    name_table_free(&loader.names);
    tokenizer->vocabulary = vocabulary_build(&loader.builder);
    if (tokenizer->rules.bytes)
        tokenizer->vocabulary.byte_pairs =
            byte_pairs_new(&tokenizer->vocabulary, tokenizer->rules.byte_ids);
}
