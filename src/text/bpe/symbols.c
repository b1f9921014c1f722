// SPDX-License-Identifier: BSD-2-Clause

#include "config.h"

#include "text/bpe/symbols.h"

#include <stdbool.h>

#include "text/unicode/utf8.h"

struct finder {
    const struct tokenizer *tokenizer;
    struct id_list *symbols;
    struct span_list *spans;  // or NULL
};

static void put(const struct finder *finder, int32_t id, struct span span)
{
    id_list_put(finder->symbols, id);
    if (finder->spans != NULL)
        span_list_put(finder->spans, span.begin, span.end);
}

// Drops bytes without a token, as the reference does.
static void find_bytes(const struct finder *finder, const uint8_t *word, size_t begin, size_t end)
{
    const int32_t *byte_ids = finder->tokenizer->rules.byte_ids;
    int32_t *out = id_list_reserve(finder->symbols, end - begin);
    size_t count = 0;
    for (size_t i = begin; i < end; i++) {
        if ((out[count] = byte_ids[word[i]]) == ID_NONE)
            continue;
        count++;
        if (finder->spans != NULL)
            span_list_put(finder->spans, i, i + 1);
    }
    finder->symbols->count += count;
}

// Returns true if every byte of the character has a token to fall back to.
static bool has_byte_tokens(const struct tokenizer *tokenizer, const uint8_t *text, size_t size)
{
    if (!tokenizer->rules.byte_fallback)
        return false;
    for (size_t i = 0; i < size; i++)
        if (tokenizer->rules.byte_ids[text[i]] == ID_NONE)
            return false;
    return true;
}

// A character without a token and without tokens for its bytes becomes the unknown token, which is
// emitted when the next known character comes, as in the reference.
static void find_characters(const struct finder *finder, const uint8_t *word, size_t size)
{
    const struct tokenizer *tokenizer = finder->tokenizer;
    const struct tokenizer_rules *rules = &tokenizer->rules;
    struct span unknown = {0};  // not yet emitted; empty: none
    size_t length;
    for (size_t at = 0; at < size; at += length) {
        uint32_t code;
        length = utf8_decode(word + at, size - at, &code);
        int32_t id = vocabulary_find(&tokenizer->vocabulary, word + at, length);
        bool is_unknown = id == ID_NONE && !has_byte_tokens(tokenizer, word + at, length);
        if (unknown.end > 0 && (id != ID_NONE || (is_unknown && !rules->fuse_unknown))) {
            put(finder, rules->unknown, unknown);
            unknown = (struct span){0};
        }
        if (id != ID_NONE)
            put(finder, id, (struct span){at, at + length});
        else if (!is_unknown)
            find_bytes(finder, word, at, at + length);
        else if (rules->unknown != ID_NONE)
            unknown = (struct span){unknown.end > 0 ? unknown.begin : at, at + length};
    }
    if (unknown.end > 0)
        put(finder, rules->unknown, unknown);
}

void symbols_find(const struct tokenizer *tokenizer, const uint8_t *word, size_t size,
                  struct id_list *symbols, struct span_list *spans)
{
    const struct finder finder = {.tokenizer = tokenizer, .symbols = symbols, .spans = spans};
    if (tokenizer->rules.bytes)
        find_bytes(&finder, word, 0, size);
    else
        find_characters(&finder, word, size);
}
