// SPDX-License-Identifier: BSD-2-Clause
// Reads a sentencepiece model, a serialized protocol buffer.

#ifndef AOTI_TEXT_LOAD_MODEL_PROTO_H
#define AOTI_TEXT_LOAD_MODEL_PROTO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum model_type { MODEL_UNIGRAM = 1, MODEL_BPE, MODEL_WORD, MODEL_CHARACTER };

enum piece_type {
    PIECE_NORMAL = 1,
    PIECE_UNKNOWN,
    PIECE_CONTROL,
    PIECE_USER_DEFINED,
    PIECE_UNUSED,
    PIECE_BYTE,
};

struct model_piece {
    const char *text;  // points into the data
    size_t size;
    float score;
    int type;  // enum piece_type
};

struct model_proto {
    struct model_piece *pieces;  // owned, [count]
    size_t count, capacity;
    int type;  // enum model_type
    bool byte_fallback, space_is_suffix;
    const uint8_t *charsmap;  // charsmap_size bytes in the data; see charsmap.h
    size_t charsmap_size;
    bool denormalizes;
    bool adds_prefix, removes_spaces, escapes_spaces;
    int64_t bos, eos;           // ids, or negative
    const char *unknown_text;  // text that the unknown token decodes to, unknown_size bytes
    size_t unknown_size;
};

// Returns true if DATA may be a sentencepiece model.
bool model_proto_recognize(const uint8_t *data, size_t size);

// Reads the model. Returns NULL, or the problem. Free MODEL->pieces with free() in either case; the
// texts point into DATA.
const char *model_proto_read(struct model_proto *model, const uint8_t *data, size_t size);

#endif
