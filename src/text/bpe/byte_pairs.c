// SPDX-License-Identifier: BSD-2-Clause

#include "config.h"

#include "text/bpe/byte_pairs.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { NO_BYTE = -1 };

struct builder {
    const struct vocabulary *vocabulary;
    int16_t *bytes;      // [count] the byte that an id is the token of, or NO_BYTE
    int32_t *first_use;  // [count] the lowest rank of the merges that an id takes part in
    struct byte_pair *pairs;
};

static struct byte_pair *pair_of(struct byte_pair *pairs, unsigned first, unsigned second)
{
    return &pairs[first * BYTE_PAIRS_ROW + second];
}

static void lower(int32_t *rank, int32_t other)
{
    if (other < *rank)
        *rank = other;
}

static bool find_bytes(struct builder *builder, const int32_t *byte_ids)
{
    uint32_t count = builder->vocabulary->count;
    builder->bytes = xmalloc(count * sizeof *builder->bytes);
    builder->first_use = xmalloc(count * sizeof *builder->first_use);
    for (uint32_t id = 0; id < count; id++) {
        builder->bytes[id] = NO_BYTE;
        builder->first_use[id] = MERGE_RANK_NONE;
    }
    for (int16_t byte = 0; byte < 256; byte++) {
        int32_t id = byte_ids[byte];
        if (id == ID_NONE || builder->bytes[id] != NO_BYTE)
            return false;
        builder->bytes[id] = byte;
    }
    return true;
}

static void note_bounds(struct builder *builder, const struct merge *merge)
{
    size_t left_size, right_size;
    const uint8_t *left = vocabulary_text(builder->vocabulary, merge->left, &left_size);
    const uint8_t *right = vocabulary_text(builder->vocabulary, merge->right, &right_size);
    int left_byte = builder->bytes[merge->left], right_byte = builder->bytes[merge->right];
    lower(&builder->first_use[merge->left], merge->rank);
    lower(&builder->first_use[merge->right], merge->rank);
    if (right_byte != NO_BYTE && left_size > 0)
        lower(&pair_of(builder->pairs, left[left_size - 1], (unsigned)right_byte)->before,
              merge->rank);
    if (left_byte != NO_BYTE && right_size > 0)
        lower(&pair_of(builder->pairs, (unsigned)left_byte, right[0])->after, merge->rank);
}

static void note_merge(struct builder *builder, const struct merge *merge)
{
    int left = builder->bytes[merge->left], right = builder->bytes[merge->right];
    if (left == NO_BYTE || right == NO_BYTE || builder->first_use[merge->id] <= merge->rank)
        return;
    struct byte_pair *pair = pair_of(builder->pairs, (unsigned)left, (unsigned)right);
    pair->rank = merge->rank;
    pair->id = merge->id;
}

static void for_each_merge(struct builder *builder,
                           void (*note)(struct builder *, const struct merge *))
{
    const struct vocabulary *vocabulary = builder->vocabulary;
    for (size_t i = 0; i <= vocabulary->merge_mask; i++)
        if (vocabulary->merges[i].left != ID_NONE)
            note(builder, &vocabulary->merges[i]);
}

struct byte_pair *byte_pairs_new(const struct vocabulary *vocabulary, const int32_t *byte_ids)
{
    struct builder builder = {.vocabulary = vocabulary};
    if (find_bytes(&builder, byte_ids)) {
        builder.pairs = xcalloc(BYTE_PAIRS_SIZE, sizeof *builder.pairs);
        for (size_t i = 0; i < BYTE_PAIRS_SIZE; i++)
            builder.pairs[i].rank = builder.pairs[i].before = builder.pairs[i].after =
                MERGE_RANK_NONE;
        for_each_merge(&builder, note_bounds);
        for_each_merge(&builder, note_merge);
    }
    free(builder.bytes);
    free(builder.first_use);
    return builder.pairs;
}

// Branch-free, as branches would be mispredicted. Two overlapping pairs never both merge at once.
size_t byte_pairs_merge(const struct byte_pair *pairs, const int32_t *byte_ids,
                        const uint8_t *word, size_t size, int32_t *symbols)
{
    static const struct byte_pair none = {
        .rank = MERGE_RANK_NONE, .before = MERGE_RANK_NONE, .after = MERGE_RANK_NONE};
    size_t count = 0, taken = 0;  // taken: the byte went into the previous symbol
    int32_t before = MERGE_RANK_NONE;
    const struct byte_pair *pair = size > 1 ? &pairs[word[0] * BYTE_PAIRS_ROW + word[1]] : &none;
    for (size_t i = 0; i < size; i++) {
        const struct byte_pair *next =
            i + 2 < size ? &pairs[word[i + 1] * BYTE_PAIRS_ROW + word[i + 2]] : &none;
        size_t merges = (pair->rank < before) & (pair->rank < next->after);
        symbols[count] = merges ? pair->id : byte_ids[word[i]];
        count += 1 - taken;
        taken = merges;
        before = pair->before;
        pair = next;
    }
    return count;
}
