// SPDX-License-Identifier: BSD-2-Clause

#include "config.h"

#include "text/bpe/merge.h"

#include <stdbool.h>
#include <string.h>

#include "text/bpe/byte_pairs.h"
#include "text/bpe/merge_long.h"
#include "text/bpe/merge_short.h"
#include "text/bpe/symbols.h"
#include "text/word_cache.h"

enum { IN_NO_LIST = UINT16_MAX };

// A word evicted from the cache gets one list more, after those of its batch.
_Static_assert((int)MERGER_WORDS_MAX < (int)SHORT_MERGER_LISTS, "a list for each word");

struct merger {
    const struct tokenizer *tokenizer;
    struct id_list symbols;
    struct span_list symbol_spans;
    struct long_merger long_merger;
    struct word_cache cache;
    struct short_merger *short_merger;
};

struct merger *merger_new(const struct tokenizer *tokenizer)
{
    struct merger *merger = xcalloc(1, sizeof *merger);
    merger->tokenizer = tokenizer;
    word_cache_init(&merger->cache);
    merger->short_merger = short_merger_new(&tokenizer->vocabulary);
    return merger;
}

void merger_free(struct merger *merger)
{
    if (merger == NULL)
        return;
    id_list_free(&merger->symbols);
    span_list_free(&merger->symbol_spans);
    long_merger_free(&merger->long_merger);
    word_cache_free(&merger->cache);
    short_merger_free(merger->short_merger);
    free(merger);
}

// Finds the symbols of a word, or the one token of the whole word where that takes precedence.
// HASH is then hash_bytes() of the word.
static void find_symbols(struct merger *merger, const uint8_t *word, size_t size, uint32_t hash)
{
    const struct tokenizer *tokenizer = merger->tokenizer;
    int32_t whole = ID_NONE;
    if (tokenizer->rules.whole_first)
        whole = vocabulary_find_hashed(&tokenizer->vocabulary, word, size, hash);
    const struct byte_pair *pairs = tokenizer->vocabulary.byte_pairs;
    merger->symbols.count = 0;
    if (whole != ID_NONE)
        id_list_put(&merger->symbols, whole);
    else if (pairs != NULL)
        merger->symbols.count = byte_pairs_merge(pairs, tokenizer->rules.byte_ids, word, size,
                                                 id_list_reserve(&merger->symbols, size));
    else
        symbols_find(tokenizer, word, size, &merger->symbols, NULL);
}

static size_t merge_one_list(struct short_merger *merger, int32_t *symbols, size_t count)
{
    size_t number = short_merger_put(merger, symbols, count);
    short_merger_run(merger, number);
    count = short_merger_get(merger, number, symbols);
    short_merger_drop(merger, number);
    return count;
}

static void encode_unseen(struct merger *merger, const uint8_t *word, size_t size,
                          struct id_list *ids)
{
    find_symbols(merger, word, size, hash_bytes(word, size));
    int32_t *symbols = merger->symbols.ids;
    size_t count = merger->symbols.count;
    if (count > SHORT_MERGER_SYMBOLS)
        count = long_merger_run(&merger->long_merger, &merger->tokenizer->vocabulary, symbols,
                                count);
    else if (count > 1)
        count = merge_one_list(merger->short_merger, symbols, count);
    if (count > 0)
        memcpy(id_list_reserve(ids, count), symbols, count * sizeof *symbols);
    ids->count += count;
}

// Words encoded together.
struct batch {
    const size_t *sizes;  // [count]
    size_t count;
    const uint8_t *words[MERGER_WORDS_MAX];
    struct word_key keys[MERGER_WORDS_MAX];
    uint16_t lists[MERGER_WORDS_MAX];   // indices of the lists of their symbols, or IN_NO_LIST
    uint16_t unseen[MERGER_WORDS_MAX];  // indices of the words that are not cached
};

// Comes first, so that the cache entries of all words are fetched at the same time.
static void make_keys(const struct merger *merger, struct batch *batch, const uint8_t *text)
{
    for (size_t i = 0; i < batch->count; text += batch->sizes[i++]) {
        batch->words[i] = text;
        if (batch->sizes[i] > WORD_CACHE_MAX)
            continue;
        word_key_make(&batch->keys[i], text, batch->sizes[i]);
        word_cache_prefetch(&merger->cache, &batch->keys[i]);
    }
}

// Returns the number of words that are not cached. Branch-free.
static size_t find_unseen(const struct merger *merger, struct batch *batch)
{
    size_t count = 0;
    for (size_t i = 0; i < batch->count; i++) {
        batch->lists[i] = IN_NO_LIST;
        batch->unseen[count] = (uint16_t)i;
        count += batch->sizes[i] <= WORD_CACHE_MAX
                 && !word_cache_has(&merger->cache, &batch->keys[i]);
    }
    return count;
}

// Makes lists of the symbols of words that are not cached.
static void list_unseen(struct merger *merger, struct batch *batch)
{
    size_t count = find_unseen(merger, batch);
    uint32_t hashes[MERGER_WORDS_MAX];
    for (size_t k = 0; k < count; k++) {
        size_t i = batch->unseen[k];
        hashes[k] = word_key_text_hash(&batch->keys[i], batch->sizes[i]);
        vocabulary_prefetch(&merger->tokenizer->vocabulary, hashes[k]);
    }
    for (size_t k = 0; k < count; k++) {
        size_t i = batch->unseen[k];
        find_symbols(merger, batch->words[i], batch->sizes[i], hashes[k]);
        batch->lists[i] = (uint16_t)short_merger_put(merger->short_merger, merger->symbols.ids,
                                                    merger->symbols.count);
    }
}

static void encode_word(struct merger *merger, const struct batch *batch, size_t i,
                         struct id_list *ids)
{
    const uint8_t *word = batch->words[i];
    size_t size = batch->sizes[i], before = ids->count;
    const struct word_key *key = &batch->keys[i];
    if (size > WORD_CACHE_MAX) {
        encode_unseen(merger, word, size, ids);
        return;
    }
    if (batch->lists[i] != IN_NO_LIST)
        ids->count += short_merger_get(merger->short_merger, batch->lists[i],
                                       id_list_reserve(ids, WORD_CACHE_MAX));
    else if (word_cache_get(&merger->cache, key, ids))
        return;
    else
        encode_unseen(merger, word, size, ids);
    id_list_reserve(ids, WORD_LONG_IDS);
    word_cache_put(&merger->cache, key, ids->ids + before, ids->count - before);
}

// Each stage handles all words of the batch, so that memory is waited for once, not once a word.
void merger_encode(struct merger *merger, const uint8_t *text, const size_t *sizes, size_t count,
                   struct id_list *ids)
{
    struct batch batch;  // large: not set to zeros as a whole
    batch.sizes = sizes;
    batch.count = count;
    id_list_reserve(ids, 1);  // so that there is a list even if all is dropped
    make_keys(merger, &batch, text);
    list_unseen(merger, &batch);
    short_merger_run(merger->short_merger, 0);
    for (size_t i = 0; i < count; i++)
        encode_word(merger, &batch, i, ids);
    short_merger_drop(merger->short_merger, 0);
}

// Returns true if the texts of the tokens concatenate to the word, and then appends their spans.
static bool put_text_spans(const struct vocabulary *vocabulary, const uint8_t *word, size_t size,
                           const int32_t *ids, size_t count, struct span_list *spans)
{
    size_t before = spans->count, at = 0;
    for (size_t i = 0; i < count; i++) {
        size_t length;
        const uint8_t *text = vocabulary_text(vocabulary, ids[i], &length);
        if (length > size - at || memcmp(text, word + at, length) != 0)
            break;
        span_list_put(spans, at, at + length);
        at += length;
    }
    if (at == size && spans->count - before == count)
        return true;
    spans->count = before;
    return false;
}

// Between two tokens lie the symbols that were merged.
static void put_symbol_spans(const struct merger *merger, size_t count, struct span_list *spans)
{
    const struct span *symbols = merger->symbol_spans.spans;
    size_t symbol = 0;
    for (size_t i = 0; i < count; i++) {
        size_t next = long_merger_next(&merger->long_merger, symbol);
        span_list_put(spans, symbols[symbol].begin, symbols[next - 1].end);
        symbol = next;
    }
}

// Where characters are unknown or dropped, the texts of the tokens do not tell the spans. The word
// is then merged once more, tracking the places of its symbols.
void merger_encode_spans(struct merger *merger, const uint8_t *word, size_t size,
                         struct id_list *ids, struct span_list *spans)
{
    const struct tokenizer *tokenizer = merger->tokenizer;
    size_t before = ids->count;
    merger_encode(merger, word, &size, 1, ids);
    size_t count = ids->count - before;
    if (put_text_spans(&tokenizer->vocabulary, word, size, ids->ids + before, count, spans))
        return;
    merger->symbols.count = merger->symbol_spans.count = 0;
    symbols_find(tokenizer, word, size, &merger->symbols, &merger->symbol_spans);
    if (merger->symbols.count > 0)
        long_merger_run(&merger->long_merger, &tokenizer->vocabulary, merger->symbols.ids,
                        merger->symbols.count);
    put_symbol_spans(merger, count, spans);
}
