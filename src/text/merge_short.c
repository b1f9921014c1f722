// SPDX-License-Identifier: BSD-2-Clause

#include "config.h"

#include "text/merge_short.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "common/memory.h"

enum {
    RANK_NONE = INT32_MAX,
    PAIR_COUNT = 1 << 16,  // few pairs make up most of a text; this many stay near the processor
    LOW_IDS = 256,         // mostly the tokens of single bytes
    LOW_ROW = LOW_IDS + 24,  // rows begin at different distances from the processor's cache sets
    KEYS_AT_ONCE = 16,
    PLACES = SHORT_MERGER_SYMBOLS + 2,  // one before the first symbol, one behind the last
    KEYS_MAX = (PLACES + KEYS_AT_ONCE - 1) / KEYS_AT_ONCE * KEYS_AT_ONCE,
    QUESTIONS_MAX = SHORT_MERGER_LISTS * PLACES,
};

// A key is a number from 1 to 2, the bits of which end in a rank and a place: of numbers the
// processor finds the lowest faster than of integers.
#define KEY_BASE UINT64_C(0x3ff0000000000000)
#define KEY_NONE 2.0

struct neighbours {
    int32_t rank;  // of merging a symbol with its right neighbour, or RANK_NONE
    int32_t id;    // what that gives
};

// Symbols from place 1 on, between two that merge with nothing. One that went into its left
// neighbour stays in its place and is passed over: nothing is moved, and little depends on guessing
// which pair is next.
struct list {
    size_t count;
    // Of merging with the right neighbour: rank and place, and what that gives.
    double keys[KEYS_MAX];
    int32_t ids[PLACES], symbols[PLACES];
    uint32_t partners[PLACES];  // of the symbols, see vocabulary_may_merge; 0 at both ends
    uint8_t left[KEYS_MAX], right[KEYS_MAX];  // neighbours
};

// How LEFT, the symbol at a place of a list, and RIGHT merge is not known yet.
struct question {
    struct list *list;
    int32_t left, right;
    uint32_t slot;  // in pairs
    uint32_t place;
};

struct short_merger {
    const struct vocabulary *vocabulary;
    struct merge *pairs;  // [PAIR_COUNT] looked up before; rank RANK_NONE: they do not merge
    struct neighbours *low_pairs;  // [LOW_IDS][LOW_ROW]; all 0: not looked up before
    struct list *lists;            // [SHORT_MERGER_LISTS]
    size_t list_count;
    struct list *active[SHORT_MERGER_LISTS];  // that may have pairs to merge
    struct question *questions;    // [QUESTIONS_MAX]
    size_t question_count;
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
    merger->low_pairs = xcalloc(LOW_IDS * LOW_ROW, sizeof *merger->low_pairs);
    merger->lists = xcalloc(SHORT_MERGER_LISTS, sizeof *merger->lists);
    merger->questions = xcalloc(QUESTIONS_MAX, sizeof *merger->questions);
    merger->pairs[pair_slot(0, 0)].left = ID_NONE;  // all others differ from their slot's pair
    return merger;
}

void short_merger_free(struct short_merger *merger)
{
    if (merger == NULL)
        return;
    free(merger->pairs);
    free(merger->low_pairs);
    free(merger->lists);
    free(merger->questions);
    free(merger);
}

// What the pair merges to is asked for its partners as soon as it is a symbol.
static inline void answer(const struct short_merger *merger, struct list *list, size_t place,
                          int32_t rank, int32_t id)
{
    uint64_t key = KEY_BASE | (uint64_t)rank << 8 | place;
    memcpy(&list->keys[place], &key, sizeof key);
    list->ids[place] = id;
    __builtin_prefetch(&merger->vocabulary->partners[id]);
}

static const struct merge *look_up(const struct short_merger *merger, int32_t left, int32_t right)
{
    struct merge *pair = &merger->pairs[pair_slot(left, right)];
    const struct merge *found = vocabulary_merge(merger->vocabulary, left, right);
    *pair = found != NULL ? *found
                          : (struct merge){.left = left, .right = right, .rank = RANK_NONE};
    return pair;
}

static inline void answer_low(struct short_merger *merger, struct list *list, size_t place)
{
    int32_t left = list->symbols[place], right = list->symbols[place + 1];
    struct neighbours *low = &merger->low_pairs[left * LOW_ROW + right];
    if ((low->rank | low->id) == 0) {
        const struct merge *pair = look_up(merger, left, right);
        *low = (struct neighbours){.rank = pair->rank, .id = pair->id};
    }
    answer(merger, list, place, low->rank, low->id);
}

// Puts a question, unless the symbols surely do not merge; nothing depends on guessing that.
static inline void ask(struct short_merger *merger, struct list *list, size_t place,
                       size_t next)
{
    int32_t left = list->symbols[place], right = list->symbols[next];
    uint32_t slot = pair_slot(left, right);
    uint32_t may = (list->partners[place] & vocabulary_partner(right))
                   * (list->partners[next] >> 16 & vocabulary_partner(left));
    list->keys[place] = KEY_NONE;
    __builtin_prefetch(&merger->pairs[slot]);
    merger->questions[merger->question_count] =
        (struct question){list, left, right, slot, (uint32_t)place};
    merger->question_count += may != 0;
}

static inline void answer_all(struct short_merger *merger)
{
    size_t count = merger->question_count, rest = 0;
    merger->question_count = 0;
    for (size_t i = 0; i < count; i++) {
        const struct question question = merger->questions[i];
        const struct merge *pair = &merger->pairs[question.slot];
        if (pair->left == question.left && pair->right == question.right) {
            answer(merger, question.list, question.place, pair->rank, pair->id);
            continue;
        }
        vocabulary_prefetch_merge(merger->vocabulary, question.left, question.right);
        merger->questions[rest++] = question;
    }
    for (size_t i = 0; i < rest; i++) {
        const struct question *question = &merger->questions[i];
        const struct merge *pair = look_up(merger, question->left, question->right);
        answer(merger, question->list, question->place, pair->rank, pair->id);
    }
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
    for (size_t i = 0; i <= count; i += KEYS_AT_ONCE)
        for (size_t k = 0; k < KEYS_AT_ONCE; k++) {
            list->keys[i + k] = KEY_NONE;
            list->left[i + k] = (uint8_t)(i + k - 1);
            list->right[i + k] = (uint8_t)(i + k + 1);
        }
    list->partners[0] = list->partners[count + 1] = 0;
    for (size_t i = 1; i <= count; i++)
        list->partners[i] = merger->vocabulary->partners[list->symbols[i]];
    for (size_t i = 1; i < count; i++)
        if ((uint32_t)(list->symbols[i] | list->symbols[i + 1]) < LOW_IDS)
            answer_low(merger, list, i);
        else
            ask(merger, list, i, i + 1);
}

static inline double lower(double a, double b)
{
    return a < b ? a : b;
}

// The lowest of the keys at the places below END, which are looked at KEYS_AT_ONCE at a time.
static inline double lowest_key(const double *keys, size_t end)
{
    double lowest = KEY_NONE;
    for (size_t i = 0; i < end; i += KEYS_AT_ONCE) {
        const double *k = keys + i;
        double a = lower(k[0], k[4]), b = lower(k[1], k[5]);
        double c = lower(k[2], k[6]), d = lower(k[3], k[7]);
        a = lower(a, lower(k[8], k[12]));
        b = lower(b, lower(k[9], k[13]));
        c = lower(c, lower(k[10], k[14]));
        d = lower(d, lower(k[11], k[15]));
        lowest = lower(lowest, lower(lower(a, b), lower(c, d)));
    }
    return lowest;
}

// Merges one pair. Returns false where none is left.
static inline bool step(struct short_merger *merger, struct list *list)
{
    double lowest = lowest_key(list->keys, list->count);
    uint64_t key;
    memcpy(&key, &lowest, sizeof key);
    if (key >= (KEY_BASE | (uint64_t)RANK_NONE << 8))
        return false;
    size_t place = key & UINT8_MAX, gone = list->right[place], next = list->right[gone];
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
