// SPDX-License-Identifier: BSD-2-Clause
// Rank files of tiktoken and of Llama 3: one token a line, its bytes in base64, a space, and its
// rank, which is its id. Two neighbors merge if their concatenation is a token, the lowest rank
// first, so every way to cut a token into two tokens is a merge.
//
// The files hold neither the pattern nor the control tokens. Known vocabularies are recognized by
// their number of ranks; for others the pattern must be given.

#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/diagnostics.h"
#include "common/memory.h"
#include "text/bpe/byte_pairs.h"
#include "text/load/load.h"
#include "text/load/name_table.h"

enum { TOKEN_BYTES_MAX = 512 };  // four times the longest known; the number of merges is quadratic

struct control_token {
    int32_t id;
    const char *name;
};

static const struct control_token r50k_tokens[] = {{50256, "<|endoftext|>"}, {0, NULL}};
static const struct control_token cl100k_tokens[] = {
    {100257, "<|endoftext|>"},  {100258, "<|fim_prefix|>"},  {100259, "<|fim_middle|>"},
    {100260, "<|fim_suffix|>"}, {100276, "<|endofprompt|>"}, {0, NULL},
};
static const struct control_token o200k_tokens[] = {
    {199999, "<|endoftext|>"}, {200018, "<|endofprompt|>"}, {0, NULL}};

// The 256 control tokens of Llama 3.1 and later, except the reserved ones.
static const struct control_token llama3_tokens[] = {
    {128000, "<|begin_of_text|>"}, {128001, "<|end_of_text|>"},
    {128004, "<|finetune_right_pad_id|>"},
    {128006, "<|start_header_id|>"}, {128007, "<|end_header_id|>"},
    {128008, "<|eom_id|>"}, {128009, "<|eot_id|>"}, {128010, "<|python_tag|>"}, {0, NULL},
};

static const struct known_vocabulary {
    uint32_t ranks;
    const char *pattern;
    const struct control_token *tokens;
} known_vocabularies[] = {
    {50256, "gpt2", r50k_tokens},         {50280, "gpt2", r50k_tokens},
    {100256, "cl100k_base", cl100k_tokens}, {128000, "llama3", llama3_tokens},
    {199998, "o200k_base", o200k_tokens},
};

struct rank_loader {
    struct tokenizer *tokenizer;
    uint64_t line;
    struct buffer bytes;  // of all tokens, concatenated
    struct rank {
        size_t offset;
        uint32_t size;
        int32_t id;
    } *ranks;  // owned, [count]
    size_t count, capacity;
};

static _Noreturn void die_at_line(const struct rank_loader *loader, const char *what)
{
    die(STATUS_INPUT, "%s:%llu: %s", loader->tokenizer->name, (unsigned long long)loader->line,
        what);
}

static int digit_value(char c)
{
    static const char digits[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *found = c != '\0' ? strchr(digits, c) : NULL;
    return found != NULL ? (int)(found - digits) : -1;
}

// Decodes base64 with padding. Returns the number of bytes, 0 if TEXT is invalid.
static size_t decode_base64(const char *text, size_t size, uint8_t *out)
{
    size_t padding = 0, used = 0;
    if (size == 0 || size % 4 != 0)
        return 0;
    while (padding < 2 && text[size - 1 - padding] == '=')
        padding++;
    for (size_t i = 0; i < size; i += 4) {
        uint32_t bits = 0;
        for (size_t k = i; k < i + 4; k++) {
            int value = k < size - padding ? digit_value(text[k]) : 0;
            if (value < 0)
                return 0;
            bits = bits << 6 | (uint32_t)value;
        }
        for (int shift = 16; shift >= 0; shift -= 8)
            out[used++] = (uint8_t)(bits >> shift);
    }
    return used - padding;
}

static int32_t read_rank(const struct rank_loader *loader, const char *text, size_t size)
{
    int64_t rank = 0;
    for (size_t i = 0; i < size; i++) {
        if (text[i] < '0' || text[i] > '9')
            die_at_line(loader, "the rank is not a decimal number");
        rank = rank * 10 + (text[i] - '0');
        if (rank >= VOCABULARY_MAX)
            die_at_line(loader, "the rank is out of range");
    }
    if (size == 0)
        die_at_line(loader, "no rank");
    return (int32_t)rank;
}

static void read_line(struct rank_loader *loader, const char *line, size_t size)
{
    const char *space = memchr(line, ' ', size);
    if (space == NULL)
        die_at_line(loader, "expected a token in base64, a space and a rank");
    size_t encoded = (size_t)(space - line);
    if (encoded > TOKEN_BYTES_MAX / 3 * 4)
        die_at_line(loader, "the token is too long");
    uint8_t bytes[TOKEN_BYTES_MAX + 4];
    size_t decoded = decode_base64(line, encoded, bytes);
    if (decoded == 0)
        die_at_line(loader, "the token is not in base64");
    loader->ranks = xgrow(loader->ranks, loader->count, &loader->capacity, sizeof *loader->ranks);
    loader->ranks[loader->count++] = (struct rank){
        .offset = loader->bytes.size,
        .size = (uint32_t)decoded,
        .id = read_rank(loader, space + 1, size - encoded - 1),
    };
    buffer_append(&loader->bytes, bytes, decoded);
}

// Accepts blank lines at the end, and carriage returns.
static void read_lines(struct rank_loader *loader, const char *text, size_t size)
{
    while (size > 0) {
        const char *end = memchr(text, '\n', size);
        size_t length = end != NULL ? (size_t)(end - text) : size;
        size_t step = end != NULL ? length + 1 : size;
        loader->line++;
        if (length > 0 && text[length - 1] == '\r')
            length--;
        if (length > 0)
            read_line(loader, text, length);
        text += step;
        size -= step;
    }
}

static const char *bytes_of(const struct rank_loader *loader, const struct rank *rank)
{
    return loader->bytes.data + rank->offset;
}

static void put_merges(const struct rank_loader *loader, const struct rank *rank,
                       const struct name_table *names, struct vocabulary_builder *builder)
{
    const char *bytes = bytes_of(loader, rank);
    for (uint32_t cut = 1; cut < rank->size; cut++) {
        int32_t left = name_table_find(names, bytes, cut);
        if (left == ID_NONE)
            continue;
        int32_t right = name_table_find(names, bytes + cut, rank->size - cut);
        if (right != ID_NONE)
            vocabulary_builder_merge(
                builder,
                (struct merge){.left = left, .right = right, .rank = rank->id, .id = rank->id});
    }
}

static void put_ranks(struct rank_loader *loader, struct vocabulary_builder *builder)
{
    struct name_table names = name_table_new(loader->count);
    for (size_t i = 0; i < loader->count; i++) {
        const struct rank *rank = &loader->ranks[i];
        loader->line = i + 1;
        if (name_table_find(&names, bytes_of(loader, rank), rank->size) != ID_NONE)
            die_at_line(loader, "duplicate token");
        if (rank->id < (int32_t)builder->count && builder->tokens[rank->id].flags != 0)
            die_at_line(loader, "duplicate rank");
        name_table_put(&names, bytes_of(loader, rank), rank->size, rank->id);
        vocabulary_builder_set(builder, rank->id, bytes_of(loader, rank), rank->size, 0, true);
        if (rank->size == 1)
            loader->tokenizer->rules.byte_ids[(uint8_t)*bytes_of(loader, rank)] = rank->id;
    }
    for (size_t i = 0; i < loader->count; i++)
        put_merges(loader, &loader->ranks[i], &names, builder);
    name_table_free(&names);
}

static void put_control_token(struct tokenizer *tokenizer, struct vocabulary_builder *builder,
                              int32_t id, const char *name)
{
    struct added_token token = {
        .id = id,
        .special = true,
        .size = (uint32_t)strlen(name),
        .content = (uint8_t *)(uintptr_t)name,
    };
    if (id < (int32_t)builder->count && builder->tokens[id].flags != 0)
        die(STATUS_INPUT, "%s: rank %d is the id of %s", tokenizer->name, id, name);
    vocabulary_builder_set(builder, id, name, token.size, TOKEN_ADDED | TOKEN_SPECIAL, false);
    added_set_put(&tokenizer->raw_added, &token);
}

// The rest of the 256 is reserved and numbered, named as in the tokenizer.json of Llama 3.1.
static void put_llama3_tokens(struct tokenizer *tokenizer, struct vocabulary_builder *builder)
{
    enum { FIRST = 128000, COUNT = 256 };
    int reserved = 0;
    const struct control_token *named = llama3_tokens;
    for (int32_t id = FIRST; id < FIRST + COUNT; id++) {
        char name[48];
        snprintf(name, sizeof name, "<|reserved_special_token_%d|>", reserved);
        bool is_named = named->name != NULL && named->id == id;
        put_control_token(tokenizer, builder, id, is_named ? named->name : name);
        if (is_named)
            named++;
        else
            reserved++;
    }
    tokenizer->rules.bos = tokenizer->prefix[0] = FIRST;
    tokenizer->prefix_count = 1;
    tokenizer->rules.eos = FIRST + 1;
}

static void put_known(struct tokenizer *tokenizer, struct vocabulary_builder *builder,
                      const struct known_vocabulary *known)
{
    split_rules_of_name(known->pattern, &tokenizer->rules.split);
    if (known->tokens == llama3_tokens) {
        put_llama3_tokens(tokenizer, builder);
        return;
    }
    for (const struct control_token *token = known->tokens; token->name != NULL; token++)
        put_control_token(tokenizer, builder, token->id, token->name);
    tokenizer->rules.eos = known->tokens[0].id;
}

void load_ranks(struct tokenizer *tokenizer, const uint8_t *data, size_t size)
{
    struct rank_loader loader = {.tokenizer = tokenizer};
    struct vocabulary_builder builder = {0};
    tokenizer->rules.bytes = tokenizer->rules.whole_first = tokenizer->rules.decodes = true;
    tokenizer->rules.split.kind = SPLIT_NOT_TOLD;
    read_lines(&loader, (const char *)data, size);
    put_ranks(&loader, &builder);
    for (size_t i = 0; i < sizeof known_vocabularies / sizeof *known_vocabularies; i++)
        if (known_vocabularies[i].ranks == loader.count)
            put_known(tokenizer, &builder, &known_vocabularies[i]);
    tokenizer->vocabulary = vocabulary_build(&builder);
    tokenizer->vocabulary.byte_pairs =
        byte_pairs_new(&tokenizer->vocabulary, tokenizer->rules.byte_ids);
    buffer_free(&loader.bytes);
    free(loader.ranks);
}
