// SPDX-License-Identifier: BSD-2-Clause
// The checksum detects damage. The checks after it make sure that no file, whatever its origin,
// leads outside its arrays or into an endless search.

#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "common/diagnostics.h"
#include "common/json.h"
#include "common/memory.h"
#include "text/bpe/byte_pairs.h"
#include "text/load/compiled.h"
#include "text/load/compiled_form.h"
#include "text/load/load.h"

static const struct compiled_header *header_of(const uint8_t *data)
{
    return (const struct compiled_header *)(const void *)data;
}

bool compiled_recognize(const uint8_t *data, size_t size)
{
    return size >= sizeof COMPILED_MAGIC
           && memcmp(data, COMPILED_MAGIC, sizeof COMPILED_MAGIC) == 0;
}

static bool has_this_form(const uint8_t *data, size_t size)
{
    const struct compiled_header *header = header_of(data);
    return size >= sizeof *header && header->version == COMPILED_VERSION
           && header->byte_order == COMPILED_BYTE_ORDER && header->header_size == sizeof *header;
}

static size_t section_size(const uint8_t *data, enum compiled_section section)
{
    return (size_t)header_of(data)->sections[section].size;
}

static const void *section_data(const uint8_t *data, enum compiled_section section)
{
    return data + header_of(data)->sections[section].offset;
}

static bool sections_are_inside(const uint8_t *data, size_t size)
{
    for (int i = 0; i < SECTION_COUNT; i++) {
        const struct compiled_span *span = &header_of(data)->sections[i];
        if (span->offset % COMPILED_ALIGNMENT != 0 || span->offset > size
            || span->size > size - span->offset)
            return false;
    }
    return true;
}

// Returns true if the number of elements in a section is a power of two. *MASK: the last index.
static bool read_mask(const uint8_t *data, enum compiled_section section, size_t element,
                      size_t *mask)
{
    size_t size = section_size(data, section), count = size / element;
    *mask = count - 1;
    return size % element == 0 && count != 0 && count <= UINT32_MAX && (count & (count - 1)) == 0;
}

static bool is_id(const struct vocabulary *vocabulary, int32_t id)
{
    return (uint32_t)id < vocabulary->count;
}

static bool is_id_or_none(const struct vocabulary *vocabulary, int32_t id)
{
    return id == ID_NONE || is_id(vocabulary, id);
}

static bool texts_are_sound(const uint8_t *data, struct vocabulary *v)
{
    size_t texts = section_size(data, SECTION_TEXTS);
    v->count = (uint32_t)section_size(data, SECTION_FLAGS);
    if (v->count > VOCABULARY_MAX
        || section_size(data, SECTION_TEXT_OFFSETS) != ((size_t)v->count + 1) * sizeof(uint32_t))
        return false;
    v->text_offsets = section_data(data, SECTION_TEXT_OFFSETS);
    v->texts = section_data(data, SECTION_TEXTS);
    v->flags = section_data(data, SECTION_FLAGS);
    bool sound = v->text_offsets[0] == 0 && v->text_offsets[v->count] == texts;
    for (uint32_t id = 0; id < v->count; id++)
        sound &= v->text_offsets[id] <= v->text_offsets[id + 1];
    return sound;
}

// Each table must have a free slot, where searches end.
static bool tables_are_sound(const uint8_t *data, struct vocabulary *v)
{
    size_t slot_mask, merge_mask, free_slots = 0, free_merges = 0;
    bool sound = true;
    if (!read_mask(data, SECTION_TEXT_SLOTS, sizeof *v->text_slots, &slot_mask)
        || !read_mask(data, SECTION_MERGES, sizeof *v->merges, &merge_mask)
        || section_size(data, SECTION_PARTNERS) != v->count * sizeof *v->partners)
        return false;
    v->text_slots = section_data(data, SECTION_TEXT_SLOTS);
    v->merges = section_data(data, SECTION_MERGES);
    v->partners = section_data(data, SECTION_PARTNERS);
    v->text_slot_mask = (uint32_t)slot_mask;
    v->merge_mask = (uint32_t)merge_mask;
    for (size_t i = 0; i <= slot_mask; i++) {
        bool is_free = v->text_slots[i] == TEXT_SLOT_EMPTY;
        free_slots += is_free;
        sound &= is_free | is_id(v, v->text_slots[i] % VOCABULARY_MAX);
    }
    for (size_t i = 0; i <= merge_mask; i++) {
        const struct merge *merge = &v->merges[i];
        bool is_free = merge->left == ID_NONE;
        free_merges += is_free;
        // Summed instead of branching: half of the slots are free, in random order.
        int outside = ((uint32_t)merge->left >= v->count)
                      + ((uint32_t)merge->right >= v->count) + ((uint32_t)merge->id >= v->count)
                      + ((uint32_t)merge->rank > MERGE_RANK_MAX);
        sound &= is_free | (outside == 0);
    }
    return sound && free_slots > 0 && free_merges > 0;
}

static bool byte_pairs_are_sound(const uint8_t *data, struct vocabulary *v)
{
    const struct byte_pair *pairs = section_data(data, SECTION_BYTE_PAIRS);
    size_t size = section_size(data, SECTION_BYTE_PAIRS);
    bool sound = true;
    if (size == 0)
        return true;
    if (size != BYTE_PAIRS_SIZE * sizeof *pairs)
        return false;
    for (size_t i = 0; i < BYTE_PAIRS_SIZE; i++)
        sound &= is_id(v, pairs[i].id);
    v->byte_pairs = pairs;
    return sound;
}

static bool rules_are_sound(const struct compiled_header *header, const struct vocabulary *v)
{
    const struct tokenizer_rules *rules = &header->rules;
    bool sound = rules->fragment_prefix <= PREFIX_FIRST_UNLESS_SPACE
                 && rules->text_prefix <= PREFIX_FIRST_UNLESS_SPACE
                 && rules->strip <= STRIP_LEADING_SPACES && rules->split.kind <= SPLIT_CASED_WORDS
                 && is_id_or_none(v, rules->unknown) && is_id_or_none(v, rules->bos)
                 && is_id_or_none(v, rules->eos) && (unsigned)header->prefix_count <= TEMPLATE_MAX
                 && (unsigned)header->suffix_count <= TEMPLATE_MAX;
    if (!sound)
        return false;
    for (int byte = 0; byte < 256; byte++)
        sound &= is_id_or_none(v, rules->byte_ids[byte]);
    for (int i = 0; i < header->prefix_count; i++)
        sound &= is_id(v, header->prefix[i]);
    for (int i = 0; i < header->suffix_count; i++)
        sound &= is_id(v, header->suffix[i]);
    return sound;
}

static bool added_are_sound(const uint8_t *data, const struct vocabulary *v)
{
    const struct compiled_added *added = section_data(data, SECTION_ADDED);
    size_t size = section_size(data, SECTION_ADDED), content = 0;
    if (size % sizeof *added != 0)
        return false;
    for (size_t i = 0; i < size / sizeof *added; i++) {
        if (added[i].size == 0 || !is_id(v, added[i].id))
            return false;
        content += added[i].size;
    }
    return content == section_size(data, SECTION_ADDED_CONTENT);
}

static bool boundaries_are_sound(const uint8_t *data)
{
    size_t mask, free_slots = 0;
    const uint64_t *joined = section_data(data, SECTION_JOINED);
    if (!read_mask(data, SECTION_JOINED, sizeof *joined, &mask))
        return false;
    for (size_t i = 0; i <= mask; i++)
        free_slots += joined[i] == BOUNDARY_EMPTY;
    return free_slots > 0;
}

static void take_added(struct tokenizer *tokenizer, const uint8_t *data)
{
    const struct compiled_added *added = section_data(data, SECTION_ADDED);
    const uint8_t *content = section_data(data, SECTION_ADDED_CONTENT);
    size_t count = section_size(data, SECTION_ADDED) / sizeof *added;
    for (size_t i = 0; i < count; content += added[i++].size) {
        const struct added_token token = {
            .id = added[i].id,
            .special = added[i].special,
            .normalized = added[i].normalized,
            .single_word = added[i].single_word,
            .strip_left = added[i].strip_left,
            .strip_right = added[i].strip_right,
            .size = added[i].size,
            .content = (uint8_t *)(uintptr_t)content,
        };
        added_set_put(token.normalized ? &tokenizer->normalized_added : &tokenizer->raw_added,
                      &token);
    }
}

static void take_boundaries(struct tokenizer *tokenizer, const uint8_t *data)
{
    struct boundaries *boundaries = &tokenizer->boundaries;
    size_t size = section_size(data, SECTION_JOINED);
    boundaries_free(boundaries);
    boundaries->joined = memcpy(xmalloc(size), section_data(data, SECTION_JOINED), size);
    boundaries->mask = size / sizeof *boundaries->joined - 1;
    boundaries->count = (size_t)header_of(data)->joined_count;
    memcpy(boundaries->ascii, header_of(data)->joined_ascii, sizeof boundaries->ascii);
}

// Reads the pre-tokenizer from its JSON. Compiling its expressions takes no longer than checking
// compiled ones would.
static void take_steps(struct tokenizer *tokenizer, const uint8_t *data)
{
    const struct json_source source = {.name = tokenizer->name, .status = STATUS_INPUT};
    struct tokenizer read = {0};
    json_t *component = json_parse(&source, section_data(data, SECTION_STEPS),
                                   section_size(data, SECTION_STEPS));
    load_json_pre_tokenizer(&read, &source, component);
    json_decref(component);
    tokenizer->steps = read.steps;
    tokenizer->steps_source = read.steps_source;
}

const char *compiled_load(struct tokenizer *tokenizer, const uint8_t *data, size_t size)
{
    const struct compiled_header *header = header_of(data);
    struct vocabulary vocabulary = {0};
    if (!has_this_form(data, size))
        return "compiled by another version";
    if (header->file_size != size || header->checksum != compiled_checksum(data, size)
        || !sections_are_inside(data, size) || !texts_are_sound(data, &vocabulary)
        || !tables_are_sound(data, &vocabulary)
        || !byte_pairs_are_sound(data, &vocabulary) || !rules_are_sound(header, &vocabulary)
        || !added_are_sound(data, &vocabulary) || !boundaries_are_sound(data))
        return "damaged";
    tokenizer->vocabulary = vocabulary;
    tokenizer->rules = header->rules;
    memcpy(tokenizer->prefix, header->prefix, sizeof tokenizer->prefix);
    memcpy(tokenizer->suffix, header->suffix, sizeof tokenizer->suffix);
    tokenizer->prefix_count = header->prefix_count;
    tokenizer->suffix_count = header->suffix_count;
    take_added(tokenizer, data);
    take_boundaries(tokenizer, data);
    if (tokenizer->rules.split.kind == SPLIT_BY_STEPS)
        take_steps(tokenizer, data);
    return NULL;
}

char *compiled_source(const uint8_t *data, size_t size)
{
    const struct compiled_header *header = header_of(data);
    if (size < offsetof(struct compiled_header, file_size)
        || header->byte_order != COMPILED_BYTE_ORDER)
        return NULL;
    const struct compiled_span *span = &header->source;
    if (span->size == 0 || span->offset > size || span->size > size - span->offset)
        return NULL;
    size_t offset = (size_t)span->offset, length = (size_t)span->size;
    if (memchr(data + offset, '/', length) != NULL)
        return NULL;
    char *source = memcpy(xmalloc(length + 1), data + offset, length);
    source[length] = '\0';
    return source;
}

bool compiled_is_made_from(const uint8_t *data, size_t size, const struct file_map *source)
{
    const struct compiled_header *header = header_of(data);
    return has_this_form(data, size) && header->source_size == source->size
           && header->source_checksum == compiled_source_checksum(source);
}
