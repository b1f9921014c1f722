// SPDX-License-Identifier: BSD-2-Clause
// The file format shared by the writer and the reader of compiled tokenizers.

#ifndef AOTI_TEXT_LOAD_COMPILED_FORM_H
#define AOTI_TEXT_LOAD_COMPILED_FORM_H

#include <stddef.h>
#include <stdint.h>

#include "text/tokenizer.h"

#define COMPILED_MAGIC "aoti-tokenizer\n"  // with its NUL, 16 bytes

enum {
    COMPILED_VERSION = 7,  // increase with every change of a structure, a table or a hash
    COMPILED_BYTE_ORDER = 0x01020304,
    COMPILED_ALIGNMENT = 64,
};

enum compiled_section {
    SECTION_TEXT_OFFSETS,   // uint32_t [count + 1]
    SECTION_TEXTS,          // bytes
    SECTION_FLAGS,          // uint8_t [count]
    SECTION_TEXT_SLOTS,     // int32_t [power of two]
    SECTION_MERGES,         // struct merge [power of two]
    SECTION_PARTNERS,       // uint64_t [count]
    SECTION_BYTE_PAIRS,     // struct byte_pair [BYTE_PAIRS_SIZE], or none
    SECTION_ADDED,          // struct compiled_added [any]
    SECTION_ADDED_CONTENT,  // bytes, concatenated
    SECTION_JOINED,         // uint64_t [power of two]: boundaries
    SECTION_STEPS,          // bytes: the JSON of the pre-tokenizer, for SPLIT_BY_STEPS, or none
    SECTION_COUNT,
};

struct compiled_span {
    uint64_t offset, size;  // bytes
};

struct compiled_added {
    int32_t id;
    uint32_t size;
    uint8_t special, normalized, single_word, strip_left, strip_right;
    uint8_t padding[3];
};

struct compiled_header {
    char magic[16];
    uint32_t version, byte_order, header_size, padding;
    struct compiled_span source;  // name, without directories, of the file that this was made from
    // All versions agree on the fields above.
    uint64_t file_size;
    uint64_t checksum;  // of everything but this field
    uint64_t source_size, source_checksum;
    uint64_t joined_count;
    uint64_t joined_ascii[128][2];
    int32_t prefix[TEMPLATE_MAX], suffix[TEMPLATE_MAX];
    int32_t prefix_count, suffix_count;
    struct tokenizer_rules rules;
    struct compiled_span sections[SECTION_COUNT];
};

// Returns the checksum of the SIZE bytes of the compiled tokenizer DATA, header included.
uint64_t compiled_checksum(const uint8_t *data, size_t size);

// Returns the checksum of a source file.
uint64_t compiled_source_checksum(const struct file_map *source);

#endif
