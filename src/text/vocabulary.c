// SPDX-License-Identifier: BSD-2-Clause

#include "config.h"

#include "text/vocabulary.h"

#include <stdlib.h>
#include <string.h>

#include "common/diagnostics.h"
#include "text/hash.h"

static inline uint32_t merge_hash(int32_t left, int32_t right)
{
    return hash_mix((uint32_t)left, (uint32_t)right);
}

// Most texts looked up are not tokens. The hash bits beside the id reject them without reading the
// text, which would miss the cache. Slots are indexed by the lowest bits.
static inline int32_t text_slot(uint32_t hash, int32_t id)
{
    return (int32_t)(hash >> 23 & (TEXT_SLOT_TAGS - 1)) * VOCABULARY_MAX + id;
}

static bool has_text(const struct vocabulary *vocabulary, int32_t id, const uint8_t *text,
                     size_t size)
{
    size_t own_size;
    const uint8_t *own = vocabulary_text(vocabulary, id, &own_size);
    return own_size == size && memcmp(own, text, size) == 0;
}

int32_t vocabulary_find(const struct vocabulary *vocabulary, const uint8_t *text, size_t size)
{
    return vocabulary_find_hashed(vocabulary, text, size, hash_bytes(text, size));
}

int32_t vocabulary_find_hashed(const struct vocabulary *vocabulary, const uint8_t *text,
                               size_t size, uint32_t hash)
{
    for (uint32_t slot = hash;; slot++) {
        int32_t found = vocabulary->text_slots[slot & vocabulary->text_slot_mask];
        if (found == TEXT_SLOT_EMPTY)
            return ID_NONE;
        int32_t id = found % VOCABULARY_MAX;
        if (found == text_slot(hash, id) && has_text(vocabulary, id, text, size))
            return id;
    }
}

const struct merge *vocabulary_merge(const struct vocabulary *vocabulary, int32_t left,
                                     int32_t right)
{
    uint32_t slot = merge_hash(left, right);
    for (;; slot++) {
        const struct merge *merge = &vocabulary->merges[slot & vocabulary->merge_mask];
        if (merge->left == left && merge->right == right)
            return merge;
        if (merge->left == ID_NONE)
            return NULL;
    }
}

void vocabulary_prefetch_merge(const struct vocabulary *vocabulary, int32_t left, int32_t right)
{
    __builtin_prefetch(&vocabulary->merges[merge_hash(left, right) & vocabulary->merge_mask]);
}

static void make_room(struct vocabulary_builder *builder, int32_t id)
{
    uint32_t needed = (uint32_t)id + 1;
    if (needed > builder->capacity) {
        builder->capacity = needed > 2 * builder->capacity ? needed : 2 * builder->capacity;
        builder->tokens =
            xreallocarray(builder->tokens, builder->capacity, sizeof *builder->tokens);
    }
    while (builder->count < needed)
        builder->tokens[builder->count++] = (struct builder_token){0};
}

void vocabulary_builder_set(struct vocabulary_builder *builder, int32_t id, const void *text,
                            size_t size, unsigned flags, bool by_text)
{
    make_room(builder, id);
    builder->tokens[id] = (struct builder_token){
        .offset = builder->texts.size,
        .size = (uint32_t)size,
        .flags = (uint8_t)(flags | TOKEN_PRESENT),
        .by_text = by_text,
    };
    buffer_append(&builder->texts, text, size);
}

void vocabulary_builder_merge(struct vocabulary_builder *builder, struct merge merge)
{
    builder->merges =
        xgrow(builder->merges, builder->merge_count, &builder->merge_capacity,
              sizeof *builder->merges);
    builder->merges[builder->merge_count++] = merge;
}

static void build_texts(struct vocabulary *vocabulary, const struct vocabulary_builder *builder)
{
    uint32_t *offsets = xcalloc((size_t)builder->count + 1, sizeof *offsets);
    uint8_t *texts = xcalloc(builder->texts.size + VOCABULARY_SLACK, 1);
    uint8_t *flags = xmalloc(builder->count);
    uint32_t used = 0;
    for (uint32_t id = 0; id < builder->count; id++) {
        const struct builder_token *token = &builder->tokens[id];
        offsets[id] = used;
        flags[id] = token->flags;
        if (token->size != 0)
            memcpy(texts + used, builder->texts.data + token->offset, token->size);
        used += token->size;
    }
    offsets[builder->count] = used;
    vocabulary->count = builder->count;
    vocabulary->text_offsets = offsets;
    vocabulary->texts = texts;
    vocabulary->flags = flags;
}

// If two tokens have the same text, the first id is found.
static void build_text_slots(struct vocabulary *vocabulary,
                             const struct vocabulary_builder *builder)
{
    size_t size = hash_table_size(builder->count);
    int32_t *slots = xmalloc(size * sizeof *slots);
    memset(slots, 0xff, size * sizeof *slots);
    vocabulary->text_slots = slots;
    vocabulary->text_slot_mask = (uint32_t)(size - 1);
    for (int32_t id = 0; id < (int32_t)builder->count; id++) {
        if (!builder->tokens[id].by_text)
            continue;
        size_t length;
        const uint8_t *text = vocabulary_text(vocabulary, id, &length);
        if (vocabulary_find(vocabulary, text, length) != ID_NONE)
            continue;
        uint32_t hash = hash_bytes(text, length), slot = hash;
        while (slots[slot & vocabulary->text_slot_mask] != TEXT_SLOT_EMPTY)
            slot++;
        slots[slot & vocabulary->text_slot_mask] = text_slot(hash, id);
    }
}

// If a pair has two merges, the last one counts, as in the reference.
static void build_merges(struct vocabulary *vocabulary, const struct vocabulary_builder *builder)
{
    size_t size = hash_table_size(builder->merge_count);
    struct merge *merges = xmalloc(size * sizeof *merges);
    uint64_t *partners = xcalloc(builder->count, sizeof *partners);
    for (size_t i = 0; i < size; i++)
        merges[i] = (struct merge){.left = ID_NONE, .right = ID_NONE};
    uint32_t mask = (uint32_t)(size - 1);
    for (size_t i = 0; i < builder->merge_count; i++) {
        const struct merge *merge = &builder->merges[i];
        uint32_t slot = merge_hash(merge->left, merge->right) & mask;
        while (merges[slot].left != ID_NONE
               && (merges[slot].left != merge->left || merges[slot].right != merge->right))
            slot = (slot + 1) & mask;
        merges[slot] = *merge;
        partners[merge->left] |= UINT64_C(1) << vocabulary_partner(merge->right);
        partners[merge->right] |= UINT64_C(1) << (32 + vocabulary_partner(merge->left));
    }
    vocabulary->merges = merges;
    vocabulary->partners = partners;
    vocabulary->merge_mask = mask;
}

struct vocabulary vocabulary_build(struct vocabulary_builder *builder)
{
    struct vocabulary vocabulary = {0};
    if (builder->texts.size > UINT32_MAX)
        die(STATUS_FAILURE, "vocabulary text exceeds 4 GiB");
    build_texts(&vocabulary, builder);
    build_text_slots(&vocabulary, builder);
    build_merges(&vocabulary, builder);
    buffer_free(&builder->texts);
    free(builder->tokens);
    free(builder->merges);
    *builder = (struct vocabulary_builder){0};
    return vocabulary;
}

static void free_array(const void *array)
{
    free((void *)(uintptr_t)array);
}

void vocabulary_free(struct vocabulary *vocabulary)
{
    free_array(vocabulary->text_offsets);
    free_array(vocabulary->texts);
    free_array(vocabulary->flags);
    free_array(vocabulary->text_slots);
    free_array(vocabulary->merges);
    free_array(vocabulary->partners);
    free_array(vocabulary->byte_pairs);
    *vocabulary = (struct vocabulary){0};
}
