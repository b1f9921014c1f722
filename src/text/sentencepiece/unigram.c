// SPDX-License-Identifier: BSD-2-Clause
//
// How it works: every place between two bytes of the part is a node. From each place, in order, all
// pieces that begin there are found in a trie, and each one offers its end the sum of the scores on
// the best way to its beginning plus its own score; the end keeps the best offer. The way back from
// the last place gives the tokens. For n bytes and pieces of up to m bytes, O(n m).
//
// Example: scores a -3, b -3, ab -4, abb -9. For "abb", place 1 gets -3 by a. Place 2 gets -6 by a
// b, then -4 by ab. Place 3 gets -9 by abb, then -7 by ab b, which wins over the three single
// pieces as well.
//
// A part without an end is encoded up to the last place that all ways still open go through: their
// tokens up to there are the same (find_certain()). Words are cached if the text around them cannot
// change their tokens: sums are rounded, so the best way must win by more than rounding can shift
// (link_best()).

#include "config.h"

#include "text/sentencepiece/unigram.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/memory.h"
#include "text/bpe/merge.h"
#include "text/unicode/utf8.h"
#include "text/word_cache.h"

// Sums beyond RESET_SCORE, positive or negative, restart from 0. In that range, rounding
// changes a sum by at most 1/256 per piece. So two ways of N characters to a place whose
// sums differ by more than 4 N / 256, the error that both may have here and elsewhere, are
// in the same order in any text.
static const float RESET_SCORE = 100000, STABLE_SHARE = 64;

static const uint32_t NOWHERE = UINT32_MAX;

// The best way from the beginning of a part to a place in it.
struct node {
    float score;
    float second;    // best score of the other ways to this place
    uint32_t start;  // where the last piece begins; NOWHERE: not reached
    uint32_t next;   // on the best way: where the piece that begins here ends
    int32_t id;      // of the last piece; ID_NONE: an unknown character
};

struct unigram_encoder {
    const struct tokenizer *tokenizer;
    const struct unigram *unigram;
    struct word_cache words;
    struct node *nodes;  // [capacity]
    size_t capacity;
    float score;      // of the text before the part
    bool open;        // a prefix of the part has been processed:
    size_t next;      // all pieces that begin before this place were tried
    size_t furthest;  // the last place reached
    bool after_unknown;  // an unknown character precedes the part
};

void unigram_free(struct unigram *unigram)
{
    piece_trie_free(&unigram->trie);
    free(unigram->scores);
}

size_t unigram_next_word(const struct unigram *unigram, const uint8_t *text, size_t size, bool last)
{
    if (unigram->spells_words)
        for (size_t at = 1; at < size; at++)
            if (text[at] == ' ' && text[at - 1] != ' ')
                return at;
    return last ? size : 0;
}

struct unigram_encoder *unigram_encoder_new(const struct tokenizer *tokenizer)
{
    struct unigram_encoder *encoder = xcalloc(1, sizeof *encoder);
    encoder->tokenizer = tokenizer;
    encoder->unigram = tokenizer->unigram;
    word_cache_init(&encoder->words);
    return encoder;
}

void unigram_encoder_free(struct unigram_encoder *encoder)
{
    if (encoder == NULL)
        return;
    word_cache_free(&encoder->words);
    free(encoder->nodes);
    free(encoder);
}

void unigram_encoder_restart(struct unigram_encoder *encoder)
{
    encoder->score = 0;
    encoder->open = false;
}

// Allocates nodes for a part of SIZE bytes and clears those not reached yet.
static void start_nodes(struct unigram_encoder *encoder, size_t size)
{
    size_t first = encoder->open ? encoder->furthest + 1 : 0;
    if (size >= encoder->capacity) {
        encoder->capacity = size + size / 2 + 64;
        encoder->nodes = xreallocarray(encoder->nodes, encoder->capacity, sizeof *encoder->nodes);
    }
    for (size_t i = first; i <= size; i++)
        encoder->nodes[i] = (struct node){.start = NOWHERE, .second = -INFINITY, .id = ID_NONE};
    if (encoder->open)
        return;
    encoder->nodes[0].score = encoder->score;
    encoder->next = encoder->furthest = 0;
    encoder->after_unknown = false;
    encoder->open = true;
}

static inline void reach(struct node *node, float score, size_t start, int32_t id)
{
    bool better = node->start == NOWHERE || score > node->score;
    float lost = !better ? score : node->start == NOWHERE ? -INFINITY : node->score;
    node->second = lost > node->second ? lost : node->second;
    if (!better)
        return;
    node->score = score;
    node->start = (uint32_t)start;
    node->id = id;
}

// Subtracts the sum at START from the sums of all places reached from START to LAST.
static void reset_scores(struct node *nodes, size_t start, size_t last)
{
    float offset = nodes[start].score;
    for (size_t i = start; i <= last; i++)
        if (i == start || nodes[i].start != NOWHERE)
            nodes[i].score -= offset;
}

// Reaches all places that pieces beginning at START lead to; the character there has LENGTH bytes.
// Returns the last place.
static size_t reach_from(const struct unigram *unigram, struct node *nodes, const uint8_t *text,
                         size_t size, size_t start, size_t length)
{
    const struct piece_trie_unit *units = unigram->trie.units;
    float score = nodes[start].score;
    uint32_t node = PIECE_TRIE_ROOT;
    size_t last = start;
    bool is_known = false;
    for (size_t at = start; at < size;) {
        node = piece_trie_step(&unigram->trie, node, text[at++]);
        if (node == PIECE_TRIE_NONE)
            break;
        if (units[node].id == ID_NONE)
            continue;
        reach(&nodes[at], units[node].score + score, start, units[node].id);
        is_known |= at - start == length;
        last = at;
    }
    if (is_known)
        return last;
    reach(&nodes[start + length], unigram->unknown_score + score, start, ID_NONE);
    return last > start + length ? last : start + length;
}

// Tries all pieces of the part that begin before END. Returns the number of characters there, 0 if
// sums restarted from 0.
static size_t find_ways(struct unigram_encoder *encoder, const uint8_t *text, size_t size,
                        size_t end)
{
    struct node *nodes = encoder->nodes;
    size_t last = encoder->furthest, count = 0, length, at;
    bool reset = false;
    uint32_t code;
    for (at = encoder->next; at < end; at += length, count++) {
        length = utf8_decode(text + at, size - at, &code);
        if (nodes[at].score < -RESET_SCORE || nodes[at].score > RESET_SCORE) {
            reset_scores(nodes, at, last);
            reset = true;
        }
        size_t reached = reach_from(encoder->unigram, nodes, text, size, at, length);
        last = reached > last ? reached : last;
    }
    encoder->next = at;
    encoder->furthest = last;
    return reset ? 0 : count;
}

// Links the places on the best way. Returns true if the way is the best one in any text that holds
// the part, and all characters are known.
static bool link_best(struct node *nodes, size_t size, size_t count)
{
    float tolerance = (float)count / STABLE_SHARE;
    bool stable = count > 0;
    for (size_t at = size, start; at > 0; at = start) {
        start = nodes[at].start;
        nodes[start].next = (uint32_t)at;
        stable &= nodes[at].id != ID_NONE && nodes[at].score - nodes[at].second > tolerance;
    }
    return stable;
}

static void put(struct id_list *ids, struct span_list *spans, int32_t id, struct span span)
{
    if (id == ID_NONE)
        return;
    id_list_put(ids, id);
    if (spans != NULL)
        span_list_put(spans, span.begin, span.end);
}

static void put_bytes(const int32_t *byte_ids, const uint8_t *text, struct span span,
                      struct id_list *ids, struct span_list *spans)
{
    bool is_space = text[span.begin] == ' ';
    for (size_t i = 0; is_space && i < METASPACE_SIZE; i++)
        put(ids, spans, byte_ids[(uint8_t)METASPACE_TEXT[i]], span);
    for (uint64_t i = span.begin; !is_space && i < span.end; i++)
        put(ids, spans, byte_ids[text[i]], (struct span){i, i + 1});
}

// Appends the pieces on the best way. Unknown characters become their bytes, or fuse into one
// token.
static void put_best(struct unigram_encoder *encoder, const uint8_t *text, size_t size,
                     struct id_list *ids, struct span_list *spans)
{
    const struct tokenizer_rules *rules = &encoder->tokenizer->rules;
    const struct node *nodes = encoder->nodes;
    bool after_unknown = encoder->after_unknown;
    for (size_t at = 0, end; at < size; at = end) {
        end = nodes[at].next;
        struct span span = {at, end};
        bool is_unknown = nodes[end].id == ID_NONE;
        if (!is_unknown)
            put(ids, spans, nodes[end].id, span);
        else if (rules->byte_fallback)
            put_bytes(rules->byte_ids, text, span, ids, spans);
        else if (!after_unknown)
            put(ids, spans, rules->unknown, span);
        else if (spans != NULL && spans->count > 0)
            spans->spans[spans->count - 1].end = end;
        after_unknown = is_unknown;
    }
    encoder->after_unknown = after_unknown;
}

// Encodes a part. Returns true if it has the same tokens in any text.
static bool encode_part(struct unigram_encoder *encoder, const uint8_t *text, size_t size,
                        struct id_list *ids, struct span_list *spans)
{
    start_nodes(encoder, size);
    size_t count = find_ways(encoder, text, size, size);
    bool stable = link_best(encoder->nodes, size, count);
    put_best(encoder, text, size, ids, spans);
    encoder->score = encoder->nodes[size].score;
    encoder->open = false;
    return stable;
}

// Returns the last place that lies on all ways so far: every continuation goes through one of the
// places reached from next on. With WHOLE_SPANS, the place does not follow an unknown character,
// which may fuse with the next one.
static size_t find_certain(const struct unigram_encoder *encoder, bool whole_spans)
{
    const struct node *nodes = encoder->nodes;
    size_t certain = encoder->next;
    for (size_t other = certain + 1; other <= encoder->furthest; other++)
        for (size_t at = other; at != certain && nodes[other].start != NOWHERE;)
            if (at > certain)
                at = nodes[at].start;
            else
                certain = nodes[certain].start;
    while (whole_spans && certain > 0 && nodes[certain].id == ID_NONE)
        certain = nodes[certain].start;
    return certain;
}

// Moves the beginning of the part to FIRST, a place on all ways.
static void drop_nodes(struct unigram_encoder *encoder, size_t first)
{
    struct node *nodes = encoder->nodes;
    encoder->next -= first;
    encoder->furthest -= first;
    memmove(nodes, nodes + first, (encoder->furthest + 1) * sizeof *nodes);
    for (size_t i = 0; i <= encoder->furthest; i++)
        if (nodes[i].start != NOWHERE)  // a node before FIRST is on no way any more
            nodes[i].start = nodes[i].start > first ? nodes[i].start - (uint32_t)first : 0;
}

size_t unigram_encode_front(struct unigram_encoder *encoder, const uint8_t *text, size_t size,
                            struct id_list *ids, struct span_list *spans)
{
    size_t longest = encoder->unigram->longest;
    longest = longest > UTF8_MAX ? longest : UTF8_MAX;
    if (size <= longest)
        return 0;
    start_nodes(encoder, size);
    find_ways(encoder, text, size, size - longest);
    size_t certain = find_certain(encoder, spans != NULL);
    if (certain == 0)
        return 0;
    link_best(encoder->nodes, certain, 0);
    put_best(encoder, text, certain, ids, spans);
    drop_nodes(encoder, certain);
    return certain;
}

void unigram_encode_spans(struct unigram_encoder *encoder, const uint8_t *text, size_t size,
                          struct id_list *ids, struct span_list *spans)
{
    encode_part(encoder, text, size, ids, spans);
}

// Takes the tokens of a word from the cache, unless sums might restart inside the word.
static bool remember(struct unigram_encoder *encoder, const struct word_key *key,
                     struct id_list *ids)
{
    const struct unigram *unigram = encoder->unigram;
    size_t before = ids->count;
    float score = encoder->score, room = (WORD_CACHE_MAX + 1) * unigram->largest;
    if (!(fabsf(score) + room < RESET_SCORE) || !word_cache_get(&encoder->words, key, ids))
        return false;
    for (size_t i = before; i < ids->count; i++)
        score = unigram->scores[ids->ids[i]] + score;
    encoder->score = score;
    return true;
}

static void encode_word(struct unigram_encoder *encoder, const uint8_t *text, size_t size,
                        const struct word_key *key, struct id_list *ids)
{
    if (remember(encoder, key, ids))
        return;
    size_t before = ids->count;
    bool stable = encode_part(encoder, text, size, ids, NULL);
    id_list_reserve(ids, WORD_LONG_IDS);
    if (stable)
        word_cache_put(&encoder->words, key, ids->ids + before, ids->count - before);
}

void unigram_encode(struct unigram_encoder *encoder, const uint8_t *text, const size_t *sizes,
                    size_t count, struct id_list *ids)
{
    struct word_key keys[MERGER_WORDS_MAX];
    const uint8_t *part = text;
    for (size_t i = 0; i < count; part += sizes[i++]) {
        if (sizes[i] > WORD_CACHE_MAX)
            continue;
        word_key_make(&keys[i], part, sizes[i]);
        word_cache_prefetch(&encoder->words, &keys[i]);
    }
    part = text;
    for (size_t i = 0; i < count; part += sizes[i++])
        if (sizes[i] > WORD_CACHE_MAX || encoder->open)
            encode_part(encoder, part, sizes[i], ids, NULL);
        else
            encode_word(encoder, part, sizes[i], &keys[i], ids);
}
