// SPDX-License-Identifier: BSD-2-Clause
//
// How it works: the textbook algorithm looks up each pair of neighbors, merges the pair of lowest
// rank, the leftmost of equals, looks up the two new pairs, and repeats until no pair merges. With
// a linear search that takes O(n^2) steps for n symbols, and nearly all of the time is spent
// waiting for memory and on mispredicted branches. This file takes the same steps, but
//
//  - looks up the pairs of all lists in one round, prefetching what misses the cache, in
//    answer_all(), then merges one pair in each list, in step();
//  - packs rank and place of a pair into one float, so that one minimum finds the lowest rank and,
//    among equals, the leftmost place, 16 keys at a time;
//  - never moves symbols: a merged symbol stays in place, and links skip the one to its right.
//
// Example: "ababa" at places 1 to 5, with the merges a b of rank 0, b a of rank 1, ab a of rank 2.
// The keys (rank, place) are (0, 1) (1, 2) (0, 3) (1, 4). The minimum is (0, 1): place 1 becomes
// ab, place 2 is unlinked, and the new pair ab a gives the key (2, 1). Then (0, 3) merges; ab ab
// has no merge, and ab a at place 3 gives (2, 3). That merges last, and ab aba remains.
//
// Up to SHORT_MERGER_SYMBOLS symbols the linear search beats a heap; merge_long.c has the heap. The
// oracle in the tests is the textbook algorithm: merge_plainly() in tests/unit/check_text.c.

#include "config.h"

#include "text/bpe/merge_short.h"

#include <float.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#ifdef __SSE2__
#include <xmmintrin.h>
#endif

#include "common/memory.h"

enum {
    PAIR_COUNT = 1 << 16,  // a few pairs make up most of a text; this many stay in the cache
    KEYS_AT_ONCE = 16,
    PLACES = SHORT_MERGER_SYMBOLS + 2,  // one before the first symbol, one after the last
    KEYS_MAX = (PLACES + KEYS_AT_ONCE - 1) / KEYS_AT_ONCE * KEYS_AT_ONCE,
    PLACE_BITS = 7,
    PLACE_MASK = (1 << PLACE_BITS) - 1,
    QUESTIONS_MAX = SHORT_MERGER_LISTS * PLACES,
};

// A key is a positive float whose bits hold a rank and a place. Any processor finds the minimum of
// several floats at once. KEY_BASE keeps keys out of the denormal range.
#define KEY_BASE UINT32_C(0x00800000)
#define KEY_NONE FLT_MAX

_Static_assert(KEYS_MAX <= 1 << PLACE_BITS, "a place is part of a key");
_Static_assert(KEY_BASE + (((uint64_t)MERGE_RANK_NONE + 1) << PLACE_BITS) < 0x7f7fffff,
               "keys are below FLT_MAX");
_Static_assert(QUESTIONS_MAX <= UINT16_MAX, "questions are numbered in 16 bits");

// Symbols from place 1 on, between two sentinels that merge with nothing. A symbol merged into its
// left neighbor stays in its place and is skipped by the links: nothing is moved.
struct list {
    size_t count;
    // The merge with the right neighbor: its rank and place, and the resulting id.
    float keys[KEYS_MAX];
    int32_t ids[PLACES], symbols[PLACES];
    uint64_t partners[PLACES];  // of the symbols, see vocabulary_may_merge(); 0 at both ends
    uint8_t left[KEYS_MAX], right[KEYS_MAX];  // neighbors
};

// Pairs of neighbors whose merge has to be looked up. Separate arrays: compilers assemble a struct
// in vector registers here, which is slower.
struct questions {
    size_t count;
    struct list *lists[QUESTIONS_MAX];
    uint64_t pairs[QUESTIONS_MAX];  // of symbols, the left one in the lower half
    uint32_t slots[QUESTIONS_MAX];  // in short_merger.pairs
    uint8_t places[QUESTIONS_MAX];
    uint16_t rest[QUESTIONS_MAX];   // indices of the questions that miss merger->pairs
};

struct short_merger {
    const struct vocabulary *vocabulary;
    struct merge *pairs;  // [PAIR_COUNT] cache; rank MERGE_RANK_NONE: they do not merge
    struct list *lists;            // [SHORT_MERGER_LISTS]
    size_t list_count;
    struct list *active[SHORT_MERGER_LISTS];  // may have pairs to merge
    struct questions questions;
    uint8_t places[KEYS_MAX + 2];  // -1, 0, 1, ...: initializes links
};

static inline uint32_t pair_slot(int32_t left, int32_t right)
{
    uint32_t mixed = (uint32_t)left * 0x9e3779b1u ^ (uint32_t)right * 0x85ebca6bu;
    return mixed >> 12 & (PAIR_COUNT - 1);
}

struct short_merger *short_merger_new(const struct vocabulary *vocabulary)
{
    struct short_merger *merger = xcalloc(1, sizeof *merger);
    merger->vocabulary = vocabulary;
    merger->pairs = xcalloc(PAIR_COUNT, sizeof *merger->pairs);
    merger->lists = xcalloc(SHORT_MERGER_LISTS, sizeof *merger->lists);
    for (size_t i = 0; i < sizeof merger->places; i++)
        merger->places[i] = (uint8_t)(i - 1);
    merger->pairs[pair_slot(0, 0)].left = ID_NONE;  // as pair 0 0 hashes to this slot
    return merger;
}

void short_merger_free(struct short_merger *merger)
{
    if (merger == NULL)
        return;
    free(merger->pairs);
    free(merger->lists);
    free(merger);
}

// Prefetches the partners of the merged token, which are needed as soon as it becomes a symbol.
static inline void answer(const struct short_merger *merger, struct list *list, size_t place,
                          int32_t rank, int32_t id)
{
    uint32_t key = KEY_BASE + ((uint32_t)rank << PLACE_BITS) + (uint32_t)place;
    memcpy(&list->keys[place], &key, sizeof key);
    list->ids[place] = id;
    __builtin_prefetch(&merger->vocabulary->partners[id]);
}

static const struct merge *look_up(const struct short_merger *merger, int32_t left, int32_t right)
{
    struct merge *pair = &merger->pairs[pair_slot(left, right)];
    const struct merge *found = vocabulary_merge(merger->vocabulary, left, right);
    *pair = found != NULL ? *found
                          : (struct merge){.left = left, .right = right, .rank = MERGE_RANK_NONE};
    return pair;
}

// Asks how two symbols merge, unless the filter rules it out. Branch-free.
static inline void ask(struct short_merger *merger, struct list *list, size_t place,
                       size_t next)
{
    int32_t left = list->symbols[place], right = list->symbols[next];
    uint32_t slot = pair_slot(left, right);
    size_t may = list->partners[place] >> vocabulary_partner(right)
                 & list->partners[next] >> (32 + vocabulary_partner(left)) & 1;
    list->keys[place] = KEY_NONE;
    __builtin_prefetch(&merger->pairs[slot]);
    struct questions *questions = &merger->questions;
    size_t number = questions->count;
    questions->lists[number] = list;
    questions->pairs[number] = (uint64_t)(uint32_t)right << 32 | (uint32_t)left;
    questions->slots[number] = slot;
    questions->places[number] = (uint8_t)place;
    questions->count = number + may;
}

static inline void answer_question(const struct short_merger *merger, size_t number,
                                   const struct merge *pair)
{
    const struct questions *questions = &merger->questions;
    answer(merger, questions->lists[number], questions->places[number], pair->rank, pair->id);
}

// Answers all questions. The pairs that miss the cache are all prefetched before the first is read.
static inline void answer_all(struct short_merger *merger)
{
    struct questions *questions = &merger->questions;
    size_t count = questions->count, rest = 0;
    for (size_t i = 0; i < count; i++) {
        const struct merge *pair = &merger->pairs[questions->slots[i]];
        int32_t left = (int32_t)questions->pairs[i], right = (int32_t)(questions->pairs[i] >> 32);
        if (pair->left == left && pair->right == right) {
            answer_question(merger, i, pair);
            continue;
        }
        vocabulary_prefetch_merge(merger->vocabulary, left, right);
        questions->rest[rest++] = (uint16_t)i;
    }
    for (size_t k = 0; k < rest; k++) {
        size_t i = questions->rest[k];
        answer_question(merger, i, look_up(merger, (int32_t)questions->pairs[i],
                                           (int32_t)(questions->pairs[i] >> 32)));
    }
    questions->count = 0;
}

size_t short_merger_put(struct short_merger *merger, const int32_t *symbols, size_t count)
{
    struct list *list = &merger->lists[merger->list_count];
    list->count = count;
    list->symbols[0] = list->symbols[count + 1] = ID_NONE;
    if (count > 0)
        memcpy(list->symbols + 1, symbols, count * sizeof *symbols);
    return merger->list_count++;
}

static inline void begin(struct short_merger *merger, struct list *list)
{
    size_t count = list->count;
    for (size_t i = 0; i <= count; i += KEYS_AT_ONCE) {
        memcpy(list->left + i, merger->places + i, KEYS_AT_ONCE);
        memcpy(list->right + i, merger->places + i + 2, KEYS_AT_ONCE);
        for (size_t k = 0; k < KEYS_AT_ONCE; k++)
            list->keys[i + k] = KEY_NONE;
    }
    list->partners[0] = list->partners[count + 1] = 0;
    for (size_t i = 1; i <= count; i++)
        list->partners[i] = merger->vocabulary->partners[list->symbols[i]];
    for (size_t i = 1; i < count; i++)
        ask(merger, list, i, i + 1);
}

#ifdef __SSE2__

static inline __m128 lowest_of_block(const float *keys)
{
    __m128 low = _mm_min_ps(_mm_loadu_ps(keys), _mm_loadu_ps(keys + 4));
    return _mm_min_ps(low, _mm_min_ps(_mm_loadu_ps(keys + 8), _mm_loadu_ps(keys + 12)));
}

// Returns the lowest of the keys at places below END, KEYS_AT_ONCE at a time.
static inline float lowest_key(const float *keys, size_t end)
{
    __m128 low = lowest_of_block(keys);
    for (size_t i = KEYS_AT_ONCE; i < end; i += KEYS_AT_ONCE)
        low = _mm_min_ps(low, lowest_of_block(keys + i));
    low = _mm_min_ps(low, _mm_movehl_ps(low, low));
    return _mm_cvtss_f32(_mm_min_ss(low, _mm_shuffle_ps(low, low, 1)));
}

#else

static inline float lowest_key(const float *keys, size_t end)
{
    float low = keys[0];
    for (size_t i = 1; i < end; i++)
        low = keys[i] < low ? keys[i] : low;
    return low;
}

#endif

// Merges one pair. Returns false if none is left.
static inline bool step(struct short_merger *merger, struct list *list)
{
    float lowest = lowest_key(list->keys, list->count);
    uint32_t key;
    memcpy(&key, &lowest, sizeof key);
    if (key >= KEY_BASE + (MERGE_RANK_NONE << PLACE_BITS))
        return false;
    size_t place = key & PLACE_MASK, gone = list->right[place], next = list->right[gone];
    size_t before = list->left[place];
    int32_t id = list->ids[place];
    list->symbols[place] = id;
    list->partners[place] = merger->vocabulary->partners[id];
    list->keys[gone] = KEY_NONE;
    list->right[place] = (uint8_t)next;
    list->left[next] = (uint8_t)place;
    ask(merger, list, place, next);
    ask(merger, list, before, place);
    return true;
}

void short_merger_run(struct short_merger *merger, size_t first)
{
    size_t active = 0;
    for (size_t i = first; i < merger->list_count; i++)
        if (merger->lists[i].count > 1) {
            merger->active[active++] = &merger->lists[i];
            begin(merger, &merger->lists[i]);
        }
    while (active > 0) {
        answer_all(merger);
        size_t still = 0;
        for (size_t i = 0; i < active; i++) {
            struct list *list = merger->active[i];
            merger->active[still] = list;
            still += step(merger, list);
        }
        active = still;
    }
}

size_t short_merger_get(const struct short_merger *merger, size_t number, int32_t *ids)
{
    const struct list *list = &merger->lists[number];
    if (list->count == 1)
        ids[0] = list->symbols[1];
    if (list->count <= 1)
        return list->count;
    size_t count = 0;
    for (size_t i = 1; i <= list->count; i = list->right[i])
        ids[count++] = list->symbols[i];
    return count;
}

void short_merger_drop(struct short_merger *merger, size_t first)
{
    merger->list_count = first;
}
