// SPDX-License-Identifier: BSD-2-Clause

#include "config.h"

#include "text/merge.h"

#include <stdbool.h>
#include <string.h>

#include "text/merge_long.h"
#include "text/piece_cache.h"
#include "text/symbols.h"

enum {
    SHORT_MAX = 96,  // symbols up to which looking through all of them beats a heap
    RANK_NONE = INT32_MAX,
    PAIR_COUNT = 1 << 14,  // few pairs make up most of a text; this many stay near the processor
    LOW_IDS = 256,         // mostly the tokens of single bytes
    LOW_ROW = LOW_IDS + 24,  // rows begin at different distances from the processor's cache sets
    KEYS_AT_ONCE = 2,
};

#define KEY_NONE UINT64_MAX

struct neighbours {
    int32_t rank;  // of merging a symbol with its right neighbour, or RANK_NONE
    int32_t id;    // what that gives
};

struct merger {
    const struct tokenizer *tokenizer;
    struct id_list symbols;
    struct span_list symbol_spans;
    struct long_merger long_merger;
    struct piece_cache cache;
    struct merge *pairs;  // [PAIR_COUNT] looked up before; rank RANK_NONE: they do not merge
    struct neighbours *low_pairs;  // [LOW_IDS][LOW_ROW]; all 0: not looked up before
};

static inline size_t pair_place(int32_t left, int32_t right)
{
    uint32_t mixed = (uint32_t)left * 0x9e3779b1u ^ (uint32_t)right * 0x85ebca6bu;
    return mixed >> 16 & (PAIR_COUNT - 1);
}

struct merger *merger_new(const struct tokenizer *tokenizer)
{
    struct merger *merger = xcalloc(1, sizeof *merger);
    merger->tokenizer = tokenizer;
    piece_cache_init(&merger->cache);
    merger->pairs = xcalloc(PAIR_COUNT, sizeof *merger->pairs);
    merger->low_pairs = xcalloc(LOW_IDS * LOW_ROW, sizeof *merger->low_pairs);
    merger->pairs[pair_place(0, 0)].left = ID_NONE;  // all others differ from their place's pair
    return merger;
}

void merger_free(struct merger *merger)
{
    if (merger == NULL)
        return;
    id_list_free(&merger->symbols);
    span_list_free(&merger->symbol_spans);
    long_merger_free(&merger->long_merger);
    piece_cache_free(&merger->cache);
    free(merger->pairs);
    free(merger->low_pairs);
    free(merger);
}

static struct neighbours look_up_far(struct merger *merger, int32_t left, int32_t right)
{
    struct merge *pair = &merger->pairs[pair_place(left, right)];
    if (pair->left != left || pair->right != right) {
        const struct merge *found =
            vocabulary_merge(&merger->tokenizer->vocabulary, left, right);
        *pair = found != NULL ? *found
                              : (struct merge){.left = left, .right = right, .rank = RANK_NONE};
    }
    return (struct neighbours){.rank = pair->rank, .id = pair->id};
}

static inline struct neighbours look_up(struct merger *merger, int32_t left, int32_t right)
{
    if ((uint32_t)(left | right) >= LOW_IDS) {
        if (!vocabulary_may_merge(&merger->tokenizer->vocabulary, left, right))
            return (struct neighbours){.rank = RANK_NONE};
        return look_up_far(merger, left, right);
    }
    struct neighbours *pair = &merger->low_pairs[left * LOW_ROW + right];
    if ((pair->rank | pair->id) == 0)
        *pair = look_up_far(merger, left, right);
    return *pair;
}

// A piece that is being merged. A symbol that went into its left neighbour stays in its place and
// is passed over: nothing is moved, and nothing depends on guessing which pair is next.
struct short_list {
    uint64_t keys[SHORT_MAX + KEYS_AT_ONCE];  // rank of merging with the right neighbour, and place
    int32_t ids[SHORT_MAX];                   // what that gives
    uint8_t left[SHORT_MAX + 1], right[SHORT_MAX];  // neighbours; the last one's right is count
};

// The lowest of COUNT keys; up to KEYS_AT_ONCE - 1 behind them are looked at as well.
static inline uint64_t lowest_key(const uint64_t *keys, size_t count)
{
    uint64_t even = KEY_NONE, odd = KEY_NONE;
    for (size_t i = 0; i < count; i += KEYS_AT_ONCE) {
        even = keys[i] < even ? keys[i] : even;
        odd = keys[i + 1] < odd ? keys[i + 1] : odd;
    }
    return even < odd ? even : odd;
}

static inline void consider(struct merger *merger, struct short_list *list, const int32_t *symbols,
                            size_t place)
{
    struct neighbours pair = look_up(merger, symbols[place], symbols[list->right[place]]);
    list->keys[place] = (uint64_t)pair.rank << 8 | place;
    list->ids[place] = pair.id;
}

static void build_list(struct merger *merger, struct short_list *list, const int32_t *symbols,
                       size_t count)
{
    for (size_t i = 0; i < count; i++) {
        list->left[i] = (uint8_t)(i - 1);
        list->right[i] = (uint8_t)(i + 1);
    }
    for (size_t i = 0; i + 1 < count; i++)
        consider(merger, list, symbols, i);
    for (size_t i = 0; i < KEYS_AT_ONCE; i++)
        list->keys[count - 1 + i] = KEY_NONE;
}

// Merges in place: the lowest rank first, the leftmost of equals. Returns how many symbols are
// left.
static size_t merge_short(struct merger *merger, int32_t *symbols, size_t count)
{
    struct short_list list;
    uint64_t key;
    build_list(merger, &list, symbols, count);
    while ((key = lowest_key(list.keys, count)) < (uint64_t)RANK_NONE << 8) {
        size_t place = key & UINT8_MAX, gone = list.right[place], next = list.right[gone];
        symbols[place] = list.ids[place];
        list.keys[gone] = list.keys[place] = KEY_NONE;
        list.right[place] = (uint8_t)next;
        list.left[next] = (uint8_t)place;
        if (next < count)
            consider(merger, &list, symbols, place);
        if (place > 0)
            consider(merger, &list, symbols, list.left[place]);
    }
    size_t left = 0;
    for (size_t i = 0; i < count; i = list.right[i])
        symbols[left++] = symbols[i];
    return left;
}

static void encode_unseen(struct merger *merger, const uint8_t *piece, size_t size,
                          struct id_list *ids)
{
    const struct tokenizer *tokenizer = merger->tokenizer;
    if (tokenizer->rules.whole_first) {
        int32_t whole = vocabulary_find(&tokenizer->vocabulary, piece, size);
        if (whole != ID_NONE) {
            id_list_put(ids, whole);
            return;
        }
    }
    merger->symbols.count = 0;
    symbols_find(tokenizer, piece, size, &merger->symbols, NULL);
    int32_t *symbols = merger->symbols.ids;
    size_t count = merger->symbols.count;
    if (count > SHORT_MAX)
        count = long_merger_run(&merger->long_merger, &tokenizer->vocabulary, symbols, count);
    else if (count > 1)
        count = merge_short(merger, symbols, count);
    if (count > 0)
        memcpy(id_list_reserve(ids, count), symbols, count * sizeof *symbols);
    ids->count += count;
}

static void encode_piece(struct merger *merger, const struct piece_key *key, const uint8_t *piece,
                         size_t size, struct id_list *ids)
{
    if (size > PIECE_CACHE_MAX) {
        encode_unseen(merger, piece, size, ids);
        return;
    }
    if (piece_cache_get(&merger->cache, key, ids))
        return;
    size_t before = ids->count;
    encode_unseen(merger, piece, size, ids);
    piece_cache_put(&merger->cache, key, ids->ids + before, ids->count - before);
}

// Memory is waited for once and not for each piece.
void merger_encode(struct merger *merger, const uint8_t *text, const size_t *sizes, size_t count,
                   struct id_list *ids)
{
    const struct tokenizer *tokenizer = merger->tokenizer;
    struct piece_key keys[MERGER_PIECES_MAX];
    id_list_reserve(ids, 1);  // so that there is a list even if all is dropped
    const uint8_t *piece = text;
    for (size_t i = 0; i < count; piece += sizes[i++]) {
        if (sizes[i] > PIECE_CACHE_MAX)
            continue;
        piece_key_make(&keys[i], piece, sizes[i]);
        piece_cache_prefetch(&merger->cache, &keys[i]);
    }
    piece = text;
    for (size_t i = 0; i < count && tokenizer->rules.whole_first; piece += sizes[i++])
        if (sizes[i] <= PIECE_CACHE_MAX && !piece_cache_has(&merger->cache, &keys[i]))
            vocabulary_prefetch(&tokenizer->vocabulary, piece, sizes[i]);
    piece = text;
    for (size_t i = 0; i < count; piece += sizes[i++])
        encode_piece(merger, &keys[i], piece, sizes[i], ids);
}

// Whether the texts of the tokens, one behind the other, are the piece. Appends their places then.
static bool put_text_spans(const struct vocabulary *vocabulary, const uint8_t *piece, size_t size,
                           const int32_t *ids, size_t count, struct span_list *spans)
{
    size_t before = spans->count, at = 0;
    for (size_t i = 0; i < count; i++) {
        size_t length;
        const uint8_t *text = vocabulary_text(vocabulary, ids[i], &length);
        if (length > size - at || memcmp(text, piece + at, length) != 0)
            break;
        span_list_put(spans, at, at + length);
        at += length;
    }
    if (at == size && spans->count - before == count)
        return true;
    spans->count = before;
    return false;
}

// What is between is that of the symbols that were merged.
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

// Where characters are unknown or dropped the tokens' texts do not tell, so that the piece is
// merged once more, with the symbols' places known.
void merger_encode_spans(struct merger *merger, const uint8_t *piece, size_t size,
                         struct id_list *ids, struct span_list *spans)
{
    const struct tokenizer *tokenizer = merger->tokenizer;
    size_t before = ids->count;
    merger_encode(merger, piece, &size, 1, ids);
    size_t count = ids->count - before;
    if (put_text_spans(&tokenizer->vocabulary, piece, size, ids->ids + before, count, spans))
        return;
    merger->symbols.count = merger->symbol_spans.count = 0;
    symbols_find(tokenizer, piece, size, &merger->symbols, &merger->symbol_spans);
    if (merger->symbols.count > 0)
        long_merger_run(&merger->long_merger, &tokenizer->vocabulary, merger->symbols.ids,
                        merger->symbols.count);
    put_symbol_spans(merger, count, spans);
}
