// SPDX-License-Identifier: BSD-2-Clause
// Field numbers from sentencepiece_model.proto; protocol buffers never reuse them.

#include "config.h"

#include "text/load/model_proto.h"

#include <stdlib.h>
#include <string.h>

#include "common/little_endian.h"
#include "common/memory.h"

enum wire_type { WIRE_VARINT = 0, WIRE_FIXED64 = 1, WIRE_BYTES = 2, WIRE_FIXED32 = 5 };

enum { PIECES_MAX = 1 << 22 };

struct field {
    uint64_t number;
    enum wire_type wire;
    uint64_t value;       // WIRE_VARINT, WIRE_FIXED32, and the size of WIRE_BYTES
    const uint8_t *data;  // WIRE_BYTES: size bytes
    size_t size;
};

struct cursor {
    const uint8_t *next, *end;
    bool broken;
};

typedef void take_field(void *message, const struct field *field);

static uint64_t read_varint(struct cursor *cursor)
{
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 64 && cursor->next < cursor->end; shift += 7) {
        uint8_t byte = *cursor->next++;
        value |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80)
            return value;
    }
    cursor->broken = true;
    return 0;
}

static const uint8_t *take_bytes(struct cursor *cursor, uint64_t size)
{
    const uint8_t *bytes = cursor->next;
    if (size > (size_t)(cursor->end - cursor->next)) {
        cursor->broken = true;
        return bytes;
    }
    cursor->next += size;
    return bytes;
}

static bool read_field(struct cursor *cursor, struct field *field)
{
    uint64_t key = read_varint(cursor);
    *field = (struct field){.number = key >> 3, .wire = (enum wire_type)(key & 7)};
    const uint8_t *bytes;
    switch (field->wire) {
    case WIRE_VARINT:
        field->value = read_varint(cursor);
        break;
    case WIRE_FIXED64:
        take_bytes(cursor, 8);
        break;
    case WIRE_FIXED32:
        bytes = take_bytes(cursor, 4);
        field->value = cursor->broken ? 0 : load_le32(bytes);
        break;
    case WIRE_BYTES:
        field->value = read_varint(cursor);
        field->data = take_bytes(cursor, field->value);
        field->size = (size_t)field->value;
        break;
    default:
        cursor->broken = true;
    }
    return !cursor->broken && field->number != 0;
}

// Calls TAKE for each field of the message. Returns false if the message is malformed.
static bool read_message(const uint8_t *data, size_t size, take_field *take, void *message)
{
    struct cursor cursor = {.next = data, .end = data + size};
    while (cursor.next < cursor.end) {
        struct field field;
        if (!read_field(&cursor, &field))
            return false;
        take(message, &field);
    }
    return true;
}

static void take_piece_field(void *message, const struct field *field)
{
    struct model_piece *piece = message;
    uint32_t bits = (uint32_t)field->value;
    if (field->number == 1 && field->wire == WIRE_BYTES) {
        piece->text = (const char *)field->data;
        piece->size = field->size;
    } else if (field->number == 2 && field->wire == WIRE_FIXED32) {
        memcpy(&piece->score, &bits, sizeof piece->score);
    } else if (field->number == 3 && field->wire == WIRE_VARINT) {
        piece->type = (int)field->value;
    }
}

static void take_trainer_field(void *message, const struct field *field)
{
    struct model_proto *model = message;
    switch (field->number) {
    case 3:
        model->type = (int)field->value;
        break;
    case 24:
        model->space_is_suffix = field->value != 0;
        break;
    case 35:
        model->byte_fallback = field->value != 0;
        break;
    case 41:
        model->bos = (int64_t)field->value;
        break;
    case 42:
        model->eos = (int64_t)field->value;
        break;
    case 44:
        model->unknown_text = (const char *)field->data;
        model->unknown_size = field->size;
        break;
    default:
        break;
    }
}

static void take_normalizer_field(void *message, const struct field *field)
{
    struct model_proto *model = message;
    switch (field->number) {
    case 2:
        model->charsmap = field->data;
        model->charsmap_size = field->size;
        break;
    case 3:
        model->adds_prefix = field->value != 0;
        break;
    case 4:
        model->removes_spaces = field->value != 0;
        break;
    case 5:
        model->escapes_spaces = field->value != 0;
        break;
    default:
        break;
    }
}

static void take_denormalizer_field(void *message, const struct field *field)
{
    if (field->number == 2)
        ((struct model_proto *)message)->denormalizes = field->size > 0;
}

struct model_reader {
    struct model_proto *model;
    bool broken;
};

static struct model_piece *new_piece(struct model_proto *model)
{
    model->pieces = xgrow(model->pieces, model->count, &model->capacity, sizeof *model->pieces);
    struct model_piece *piece = &model->pieces[model->count++];
    *piece = (struct model_piece){.text = "", .type = PIECE_NORMAL};
    return piece;
}

static void take_model_field(void *message, const struct field *field)
{
    struct model_reader *reader = message;
    struct model_proto *model = reader->model;
    take_field *take = NULL;
    void *inner = model;
    if (field->wire != WIRE_BYTES)
        return;
    if (field->number == 1) {
        if (model->count >= PIECES_MAX) {
            reader->broken = true;
            return;
        }
        take = take_piece_field;
        inner = new_piece(model);
    } else if (field->number == 2) {
        take = take_trainer_field;
    } else if (field->number == 3) {
        take = take_normalizer_field;
    } else if (field->number == 5) {
        take = take_denormalizer_field;
    }
    if (take != NULL && !read_message(field->data, field->size, take, inner))
        reader->broken = true;
}

bool model_proto_recognize(const uint8_t *data, size_t size)
{
    return size > 2 && data[0] == (1 << 3 | WIRE_BYTES) && data[2] == (1 << 3 | WIRE_BYTES);
}

const char *model_proto_read(struct model_proto *model, const uint8_t *data, size_t size)
{
    static const char unknown[] = " \xe2\x81\x87 ";
    struct model_reader reader = {.model = model};
    *model = (struct model_proto){
        .type = MODEL_UNIGRAM,
        .adds_prefix = true,
        .removes_spaces = true,
        .escapes_spaces = true,
        .bos = 1,
        .eos = 2,
        .unknown_text = unknown,
        .unknown_size = sizeof unknown - 1,
    };
    if (!read_message(data, size, take_model_field, &reader) || reader.broken)
        return "malformed sentencepiece model";
    return model->count == 0 ? "sentencepiece model has no pieces" : NULL;
}
