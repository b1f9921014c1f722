// SPDX-License-Identifier: BSD-2-Clause
// The token stream of aoti-stream(5): decimal ids, spaces between them, a line a sequence.

#ifndef AOTI_COMMON_STREAM_H
#define AOTI_COMMON_STREAM_H

#include <endian.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "common/memory.h"

enum {
    TOKEN_ID_MAX = INT32_MAX,
    TOKEN_DIGITS_MAX = 10,  // of an id, leading zeros included
};

// What token_reader_next found.
enum token_event {
    TOKEN_ID,             // an id
    TOKEN_SEQUENCE_END,   // a newline
    TOKEN_STREAM_END,     // the end of input after a newline, or at the very start
    TOKEN_TRUNCATED,      // the end of input inside a line: the writer died
};

struct token_reader {
    int descriptor;
    const char *name;  // for messages, lent
    uint64_t line;     // of the next byte, from 1
    uint64_t column;   // of the next byte, from 1
    uint64_t id_column;  // where the last id began
    size_t next, end;    // unread part of buffer
    char buffer[65536];
};

// Reads from DESCRIPTOR, which stays the caller's. NAME is used in messages and must stay valid.
void token_reader_init(struct token_reader *reader, int descriptor, const char *name);

// As token_reader_next, for anything.
enum token_event token_reader_next_any(struct token_reader *reader, int32_t *id);

// The value of the first COUNT of eight digits, 1 to 8 of them, which are numbers from 0 to 9, the
// first in the lowest byte.
static inline int32_t token_digits_value(uint64_t digits, unsigned count)
{
    digits <<= 64 - 8 * count;             // eight digits, zeros in front
    digits = digits * 10 + (digits >> 8);  // four pairs, each in every second byte
    uint64_t value = (digits & UINT64_C(0xff000000ff)) * (1000000 * (UINT64_C(1) << 32) + 100)
                     + (digits >> 16 & UINT64_C(0xff000000ff)) * (10000 * (UINT64_C(1) << 32) + 1);
    return (int32_t)(value >> 32);
}

// The usual case: an id of at most seven digits and what ends it stand in the buffer, behind at
// most one space. Returns false where they do not, without having taken anything.
static inline bool token_reader_next_short(struct token_reader *reader, int32_t *id)
{
    enum { NEEDED = 1 + (int)sizeof(uint64_t) };
    const char *from = reader->buffer + reader->next;
    if (reader->end - reader->next < NEEDED)
        return false;
    size_t blank = *from == ' ';
    uint64_t digits;
    memcpy(&digits, from + blank, sizeof digits);
    digits = le64toh(digits) ^ UINT64_C(0x3030303030303030);
    // Bytes above 9 get their highest bit; a carry reaches only bytes behind the first of them.
    uint64_t others = ((digits + UINT64_C(0x7676767676767676)) | digits)
                      & UINT64_C(0x8080808080808080);
    unsigned count = others != 0 ? (unsigned)__builtin_ctzll(others) / 8 : 0;
    char end = from[blank + count];
    if (count == 0 || (end != ' ' && end != '\n'))
        return false;
    *id = token_digits_value(digits, count);
    reader->id_column = reader->column + blank;
    reader->column += blank + count;
    reader->next += blank + count;
    return true;
}

// The next event. For TOKEN_ID the id is in *ID. A byte that no stream may hold, an id above
// TOKEN_ID_MAX or one of more than TOKEN_DIGITS_MAX digits ends in token_reader_die; before that, what was read earlier was returned.
// An id at the very end of a truncated stream is not returned: digits of it may be missing.
static inline enum token_event token_reader_next(struct token_reader *reader, int32_t *id)
{
    return token_reader_next_short(reader, id) ? TOKEN_ID : token_reader_next_any(reader, id);
}

// Takes ids that stand in the buffer with one space behind each, up to MAX of them, at least 32.
// Returns how many these are; 0 does not mean that there are none. What else there is is left for
// token_reader_next.
size_t token_reader_next_many(struct token_reader *reader, int32_t *ids, size_t max);

// Goes back to where READER was before token_reader_next_many, at NEXT in its buffer and in COLUMN,
// and takes COUNT of the ids one by one, so that messages tell the place of the last of them.
void token_reader_take_again(struct token_reader *reader, size_t next, uint64_t column,
                             size_t count);

// As token_reader_has_buffered, for few bytes.
int token_reader_has_buffered_id(const struct token_reader *reader);

// Whether token_reader_next can go on without waiting for input.
static inline int token_reader_has_buffered(const struct token_reader *reader)
{
    enum { MANY = 4096 };  // bytes that hold an id, unless all of them are blank
    return reader->end - reader->next >= MANY || token_reader_has_buffered_id(reader);
}

// Dies with STATUS_INPUT and "NAME:LINE:COLUMN: MESSAGE", the place being that of the last id.
_Noreturn void token_reader_die(const struct token_reader *reader, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

// Dies with STATUS_INPUT and what is to be said after TOKEN_TRUNCATED.
_Noreturn void token_reader_die_truncated(const struct token_reader *reader);

// Writes a stream. Ids are collected and written by token_writer_flush, or when much is pending.
struct token_writer {
    int descriptor;
    const char *name;
    int separator_due;  // an id was put and nothing after it
    struct buffer pending;
};

void token_writer_init(struct token_writer *writer, int descriptor, const char *name);
void token_writer_put(struct token_writer *writer, int32_t id);
void token_writer_put_all(struct token_writer *writer, const int32_t *ids, size_t count);
void token_writer_end_sequence(struct token_writer *writer);

// Writes all that was put, so that a reader sees each id as complete: an id that may not be the
// last of its sequence is followed by its space. Dies as write_all does.
void token_writer_flush(struct token_writer *writer);
void token_writer_free(struct token_writer *writer);

#endif
