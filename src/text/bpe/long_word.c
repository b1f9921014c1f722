// SPDX-License-Identifier: BSD-2-Clause

#include "config.h"

#include "text/bpe/long_word.h"

#include <string.h>

#include "text/bpe/symbols.h"

enum {
    TOKEN_MAX = 1024,   // bytes; longer tokens make trying each border too slow
    DISTANCE = 2,       // of the longest token, between a cut and the first candidate border
    ATTEMPTS_MAX = 8,   // cuts tried before waiting for more text
};

// Returns true if each byte becomes one symbol, or each character one or those of its bytes.
static bool has_plain_symbols(const struct tokenizer_rules *rules)
{
    if (!rules->bytes)
        return rules->all_known && rules->cuts_words;
    for (int byte = 0; byte < 256; byte++)
        if (rules->byte_ids[byte] == ID_NONE || rules->byte_ids[byte] == rules->unknown)
            return false;
    return true;
}

static size_t longest_token(const struct vocabulary *vocabulary)
{
    size_t longest = 0;
    for (int32_t id = 0; id < (int32_t)vocabulary->count; id++) {
        size_t size;
        vocabulary_text(vocabulary, id, &size);
        if (size > longest && (vocabulary->flags[id] & TOKEN_ADDED) == 0)
            longest = size;
    }
    return longest;
}

void long_word_init(struct long_word *word, const struct tokenizer *tokenizer)
{
    *word = (struct long_word){.tokenizer = tokenizer};
    if (!has_plain_symbols(&tokenizer->rules))
        return;
    size_t longest = longest_token(&tokenizer->vocabulary);
    word->token_max = longest <= TOKEN_MAX ? longest : 0;
}

void long_word_free(struct long_word *word)
{
    id_list_free(&word->tokens);
    id_list_free(&word->others);
    long_merger_free(&word->merger);
}

// Sets TOKENS to the tokens of TEXT.
static void merge(struct long_word *word, const uint8_t *text, size_t size,
                  struct id_list *tokens)
{
    tokens->count = 0;
    symbols_find(word->tokenizer, text, size, tokens, NULL);
    tokens->count = long_merger_run(&word->merger, &word->tokenizer->vocabulary, tokens->ids,
                                    tokens->count);
}

static size_t size_of(const struct long_word *word, int32_t id)
{
    size_t size;
    vocabulary_text(&word->tokenizer->vocabulary, id, &size);
    return size;
}

// Returns true if TEXT begins with the token FIRST for each candidate border in its last bytes.
static bool begins_alike(struct long_word *word, const uint8_t *text, size_t size, int32_t first)
{
    for (size_t border = size - word->token_max + 1; border <= size; border++) {
        merge(word, text, border, &word->others);
        if (word->others.ids[0] != first)
            return false;
    }
    return true;
}

size_t long_word_front(struct long_word *word, const uint8_t *text, size_t size,
                        struct id_list *ids)
{
    size_t least = (DISTANCE + 1) * word->token_max;
    if (word->token_max == 0 || size <= least)
        return 0;
    merge(word, text, size, &word->tokens);
    size_t count = word->tokens.count, cut = size;
    const int32_t *tokens = word->tokens.ids;
    while (count > 0 && size - cut < least)
        cut -= size_of(word, tokens[--count]);
    for (int attempts = 0; count > 0 && attempts < ATTEMPTS_MAX; attempts++) {
        if (begins_alike(word, text + cut, size - cut, tokens[count])) {
            memcpy(id_list_reserve(ids, count), tokens, count * sizeof *tokens);
            ids->count += count;
            return cut;
        }
        cut -= size_of(word, tokens[--count]);
    }
    return 0;
}

void long_word_rest(struct long_word *word, const uint8_t *text, size_t size,
                     struct id_list *ids)
{
    if (size == 0)
        return;
    merge(word, text, size, &word->tokens);
    memcpy(id_list_reserve(ids, word->tokens.count), word->tokens.ids,
           word->tokens.count * sizeof *word->tokens.ids);
    ids->count += word->tokens.count;
}
