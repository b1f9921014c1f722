// SPDX-License-Identifier: BSD-2-Clause

#include "config.h"

#include "text/merge.h"

#include <stdbool.h>
#include <string.h>

#include "text/merge_long.h"
#include "text/piece_cache.h"
#include "text/utf8.h"

enum {
    SHORT_MAX = 96,  // symbols up to which looking through all of them beats a heap
    RANK_NONE = INT32_MAX,
    PAIR_COUNT = 1 << 14,  // few pairs make up most of a text; this many stay near the processor
};

struct merger {
    const struct tokenizer *tokenizer;
    struct id_list symbols;
    struct long_merger long_merger;
    struct piece_cache cache;
    struct merge *pairs;  // [PAIR_COUNT] looked up before; rank RANK_NONE: they do not merge
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
    merger->pairs[pair_place(0, 0)].left = ID_NONE;  // all others differ from their place's pair
    return merger;
}

void merger_free(struct merger *merger)
{
    if (merger == NULL)
        return;
    id_list_free(&merger->symbols);
    long_merger_free(&merger->long_merger);
    piece_cache_free(&merger->cache);
    free(merger->pairs);
    free(merger);
}

// A byte without a token is dropped, as the reference does.
static void put_byte_symbols(struct merger *merger, const uint8_t *piece, size_t size)
{
    const int32_t *byte_ids = merger->tokenizer->rules.byte_ids;
    int32_t *out = id_list_reserve(&merger->symbols, size);
    size_t count = 0;
    for (size_t i = 0; i < size; i++)
        if ((out[count] = byte_ids[piece[i]]) != ID_NONE)
            count++;
    merger->symbols.count += count;
}

// Whether every byte of the character has a token of its own to fall back to.
static bool has_byte_tokens(const struct tokenizer *tokenizer, const uint8_t *text, size_t size)
{
    if (!tokenizer->rules.byte_fallback)
        return false;
    for (size_t i = 0; i < size; i++)
        if (tokenizer->rules.byte_ids[text[i]] == ID_NONE)
            return false;
    return true;
}

// Characters without a token, and without tokens of their bytes, become the unknown token; it is
// put when the next known character comes, as the reference does.
static void put_character_symbols(struct merger *merger, const uint8_t *piece, size_t size)
{
    const struct tokenizer *tokenizer = merger->tokenizer;
    const struct tokenizer_rules *rules = &tokenizer->rules;
    bool unknown_due = false;
    size_t length;
    for (size_t at = 0; at < size; at += length) {
        uint32_t code;
        length = utf8_decode(piece + at, size - at, &code);
        int32_t id = vocabulary_find(&tokenizer->vocabulary, piece + at, length);
        if (id != ID_NONE) {
            if (unknown_due)
                id_list_put(&merger->symbols, rules->unknown);
            unknown_due = false;
            id_list_put(&merger->symbols, id);
        } else if (has_byte_tokens(tokenizer, piece + at, length)) {
            put_byte_symbols(merger, piece + at, length);
        } else if (rules->unknown != ID_NONE) {
            if (unknown_due && !rules->fuse_unknown)
                id_list_put(&merger->symbols, rules->unknown);
            unknown_due = true;
        }
    }
    if (unknown_due)
        id_list_put(&merger->symbols, rules->unknown);
}

struct neighbours {
    int32_t rank;  // of merging a symbol with its right neighbour, or RANK_NONE
    int32_t id;    // what that gives
};

static inline struct neighbours look_up(struct merger *merger, int32_t left, int32_t right)
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

// Merges in place: the lowest rank first, the leftmost of equals. Returns how many symbols are
// left.
static size_t merge_short(struct merger *merger, int32_t *symbols, size_t count)
{
    struct neighbours pairs[SHORT_MAX];
    for (size_t i = 0; i + 1 < count; i++)
        pairs[i] = look_up(merger, symbols[i], symbols[i + 1]);
    while (count > 1) {
        size_t best = 0;
        for (size_t i = 1; i + 1 < count; i++)
            if (pairs[i].rank < pairs[best].rank)
                best = i;
        if (pairs[best].rank == RANK_NONE)
            break;
        symbols[best] = pairs[best].id;
        size_t moved = count - best - 2;
        memmove(symbols + best + 1, symbols + best + 2, moved * sizeof *symbols);
        if (moved > 0)
            memmove(pairs + best + 1, pairs + best + 2, (moved - 1) * sizeof *pairs);
        count--;
        if (best > 0)
            pairs[best - 1] = look_up(merger, symbols[best - 1], symbols[best]);
        if (best + 1 < count)
            pairs[best] = look_up(merger, symbols[best], symbols[best + 1]);
    }
    return count;
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
    if (tokenizer->rules.bytes)
        put_byte_symbols(merger, piece, size);
    else
        put_character_symbols(merger, piece, size);
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

void merger_encode(struct merger *merger, const uint8_t *piece, size_t size, struct id_list *ids)
{
    struct piece_key key;
    if (size > PIECE_CACHE_MAX) {
        encode_unseen(merger, piece, size, ids);
        return;
    }
    piece_key_make(&key, piece, size);
    if (piece_cache_get(&merger->cache, &key, ids))
        return;
    size_t before = ids->count;
    encode_unseen(merger, piece, size, ids);
    piece_cache_put(&merger->cache, &key, ids->ids + before, ids->count - before);
}
