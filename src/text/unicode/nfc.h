// SPDX-License-Identifier: BSD-2-Clause
// Normalization form C of Unicode 9.0, the version of the reference.
//
// Text falls into segments that do not affect each other. Each begins with a character of class 0
// and extends to the next one.

#ifndef AOTI_TEXT_UNICODE_NFC_H
#define AOTI_TEXT_UNICODE_NFC_H

#include <stddef.h>
#include <stdint.h>

enum { NFC_BLOCK = 128, NFC_JOINS_BACK = 255 };

// 0: begins a segment and is its own form C there. NFC_JOINS_BACK: combining class 0, but may
// change or join what precedes it. Otherwise: the combining class.
extern const uint8_t nfc_class_index[0x110000 / NFC_BLOCK];
extern const uint8_t nfc_class_blocks[];

static inline unsigned nfc_class(uint32_t code)
{
    if (code > 0x10ffff)
        return 0;
    return nfc_class_blocks[nfc_class_index[code / NFC_BLOCK] * NFC_BLOCK + code % NFC_BLOCK];
}

// Full canonical decompositions, sorted by code; the characters are in nfc_parts.
struct nfc_decomposition {
    uint32_t code;
    uint16_t first_part;
    uint16_t part_count;
};
extern const struct nfc_decomposition nfc_decompositions[];
extern const size_t nfc_decomposition_count;
extern const uint32_t nfc_parts[];

// Pairs that compose, sorted.
struct nfc_composition {
    uint32_t first, second, composed;
};
extern const struct nfc_composition nfc_compositions[];
extern const size_t nfc_composition_count;

// Working memory for one segment. All zero is the empty segment.
struct nfc_segment {
    uint32_t *codes;  // owned
    uint32_t *sorted;  // owned
    size_t count, capacity;
};

// Appends the decomposition of CODE to SEGMENT.
void nfc_segment_put(struct nfc_segment *segment, uint32_t code);

// Converts SEGMENT to form C in place, in linear time.
void nfc_segment_compose(struct nfc_segment *segment);
void nfc_segment_free(struct nfc_segment *segment);

#endif
