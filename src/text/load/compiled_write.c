// SPDX-License-Identifier: BSD-2-Clause

#include "config.h"

#include <string.h>

#include "common/io.h"
#include "common/memory.h"
#include "text/bpe/byte_pairs.h"
#include "text/load/compiled.h"
#include "text/load/compiled_form.h"

// Four independent sums, so that multiplications overlap. Counts the eight bytes at SKIP as zeros.
static uint64_t checksum(const uint8_t *data, size_t size, size_t skip)
{
    enum { LANES = 4, STEP = LANES * sizeof(uint64_t) };
    const uint64_t factor = UINT64_C(0x9e3779b97f4a7c15);
    uint64_t sums[LANES] = {size, 1, 2, 3}, words[LANES];
    for (size_t at = 0; at < size; at += STEP) {
        size_t step = size - at < STEP ? size - at : STEP;
        memset(words, 0, sizeof words);
        memcpy(words, data + at, step);
        if (skip >= at && skip < at + STEP)
            words[(skip - at) / sizeof *words] = 0;
        for (int lane = 0; lane < LANES; lane++) {
            sums[lane] = (sums[lane] ^ words[lane]) * factor;
            sums[lane] ^= sums[lane] >> 31;
        }
    }
    return (sums[0] * factor ^ sums[1]) * factor ^ (sums[2] * factor ^ sums[3]);
}

uint64_t compiled_checksum(const uint8_t *data, size_t size)
{
    return checksum(data, size, offsetof(struct compiled_header, checksum));
}

uint64_t compiled_source_checksum(const struct file_map *source)
{
    return checksum(source->data, source->size, SIZE_MAX);
}

static void put_section(struct buffer *out, enum compiled_section section, const void *data,
                        size_t size)
{
    static const uint8_t zeros[COMPILED_ALIGNMENT];
    buffer_append(out, zeros, -out->size % COMPILED_ALIGNMENT);
    struct compiled_header *header = (struct compiled_header *)(void *)out->data;
    header->sections[section] = (struct compiled_span){.offset = out->size, .size = size};
    buffer_append(out, data, size);
}

static void put_vocabulary(struct buffer *out, const struct vocabulary *v)
{
    put_section(out, SECTION_TEXT_OFFSETS, v->text_offsets,
                ((size_t)v->count + 1) * sizeof *v->text_offsets);
    put_section(out, SECTION_TEXTS, v->texts, v->text_offsets[v->count]);
    put_section(out, SECTION_FLAGS, v->flags, v->count);
    put_section(out, SECTION_TEXT_SLOTS, v->text_slots,
                ((size_t)v->text_slot_mask + 1) * sizeof *v->text_slots);
    put_section(out, SECTION_MERGES, v->merges, ((size_t)v->merge_mask + 1) * sizeof *v->merges);
    put_section(out, SECTION_PARTNERS, v->partners, (size_t)v->count * sizeof *v->partners);
    put_section(out, SECTION_BYTE_PAIRS, v->byte_pairs,
                v->byte_pairs != NULL ? BYTE_PAIRS_SIZE * sizeof *v->byte_pairs : 0);
}

static void collect_added(const struct added_set *set, struct buffer *records,
                          struct buffer *contents)
{
    for (size_t i = 0; i < set->count; i++) {
        const struct added_token *token = &set->tokens[i];
        const struct compiled_added record = {
            .id = token->id,
            .size = token->size,
            .special = token->special,
            .normalized = token->normalized,
            .single_word = token->single_word,
            .strip_left = token->strip_left,
            .strip_right = token->strip_right,
        };
        buffer_append(records, &record, sizeof record);
        buffer_append(contents, token->content, token->size);
    }
}

static void put_added(struct buffer *out, const struct tokenizer *tokenizer)
{
    struct buffer records = {0}, contents = {0};
    collect_added(&tokenizer->raw_added, &records, &contents);
    collect_added(&tokenizer->normalized_added, &records, &contents);
    put_section(out, SECTION_ADDED, records.data, records.size);
    put_section(out, SECTION_ADDED_CONTENT, contents.data, contents.size);
    buffer_free(&records);
    buffer_free(&contents);
}

static void put_header(struct buffer *out, const struct tokenizer *tokenizer)
{
    struct compiled_header *header =
        memset(buffer_reserve(out, sizeof *header), 0, sizeof *header);
    out->size += sizeof *header;
    memcpy(header->magic, COMPILED_MAGIC, sizeof header->magic);
    header->version = COMPILED_VERSION;
    header->byte_order = COMPILED_BYTE_ORDER;
    header->header_size = sizeof *header;
    struct file_map source = file_map_open(tokenizer->name);
    header->source_size = source.size;
    header->source_checksum = compiled_source_checksum(&source);
    file_map_close(&source);
    header->joined_count = tokenizer->boundaries.count;
    memcpy(header->joined_ascii, tokenizer->boundaries.ascii, sizeof header->joined_ascii);
    memcpy(header->prefix, tokenizer->prefix, sizeof header->prefix);
    memcpy(header->suffix, tokenizer->suffix, sizeof header->suffix);
    header->prefix_count = tokenizer->prefix_count;
    header->suffix_count = tokenizer->suffix_count;
    header->rules = tokenizer->rules;
}

static struct buffer compile(const struct tokenizer *tokenizer)
{
    struct buffer out = {0};
    put_header(&out, tokenizer);
    put_vocabulary(&out, &tokenizer->vocabulary);
    put_added(&out, tokenizer);
    put_section(&out, SECTION_JOINED, tokenizer->boundaries.joined,
                (tokenizer->boundaries.mask + 1) * sizeof *tokenizer->boundaries.joined);
    put_section(&out, SECTION_STEPS, tokenizer->steps_source,
                tokenizer->steps_source != NULL ? strlen(tokenizer->steps_source) : 0);
    const char *folder_end = strrchr(tokenizer->name, '/');
    const char *source = folder_end != NULL ? folder_end + 1 : tokenizer->name;
    struct compiled_header *header = (struct compiled_header *)(void *)out.data;
    header->source = (struct compiled_span){.offset = out.size, .size = strlen(source)};
    buffer_append(&out, source, strlen(source));
    header = (struct compiled_header *)(void *)out.data;
    header->file_size = out.size;
    header->checksum = compiled_checksum((const uint8_t *)out.data, out.size);
    return out;
}

void compiled_write(const struct tokenizer *tokenizer, const char *file)
{
    struct buffer out = compile(tokenizer);
    write_file(file, out.data, out.size);
    buffer_free(&out);
}
