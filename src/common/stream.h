// SPDX-License-Identifier: BSD-2-Clause
// Token streams, see aoti-stream(5): one sequence per line, decimal ids separated by spaces.

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
    TOKEN_DIGITS_MAX = 10,  // digits of an id, with leading zeros
};

// Results of token_reader_next().
enum token_event {
    TOKEN_ID,
    TOKEN_SEQUENCE_END,  // newline
    TOKEN_STREAM_END,    // end of input after a newline, or of an empty stream
    TOKEN_TRUNCATED,     // end of input inside a line: the writer died
};

struct token_reader {
    int descriptor;
    const char *name;    // for messages; borrowed
    uint64_t line;       // line of the next byte, from 1
    uint64_t column;     // column of the next byte, from 1
    uint64_t id_column;  // column of the first byte of the last id
    size_t next, end;    // unread bytes of buffer
    char buffer[65536];
};

// Prepares to read from DESCRIPTOR, which the caller closes. NAME must stay valid.
void token_reader_init(struct token_reader *reader, int descriptor, const char *name);

// Like token_reader_next(), without the fast path.
enum token_event token_reader_next_any(struct token_reader *reader, int32_t *id);

// Returns the value of the first COUNT of eight digits. COUNT is 1 to 8. Each byte of DIGITS is a
// digit from 0 to 9; the first digit is the lowest byte.
//
// How it works, on "1234" with COUNT 4: the shift makes that eight digits, 00001234. Multiplying by
// 10 and adding the next digit gives the pairs 00 00 12 34, in every second byte. Two products then
// weigh the pairs by 10^6, 10^4, 10^2 and 1, and add them up in the upper half of the word. The
// steps are the same as in parse_eight_digits_unrolled() of fast_float.
static inline int32_t token_digits_value(uint64_t digits, unsigned count)
{
    digits <<= 64 - 8 * count;
    digits = digits * 10 + (digits >> 8);
    uint64_t value = (digits & UINT64_C(0xff000000ff)) * (1000000 * (UINT64_C(1) << 32) + 100)
                     + (digits >> 16 & UINT64_C(0xff000000ff)) * (10000 * (UINT64_C(1) << 32) + 1);
    return (int32_t)(value >> 32);
}

// Fast path: reads an id of at most seven digits if it, at most one space before it, and the space
// or newline after it are in the buffer. Otherwise returns false and leaves READER unchanged.
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
    // Sets the highest bit of each byte above 9. A carry changes only bytes after the first of
    // them.
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

// Returns the next event; for TOKEN_ID, stores the id in *ID. Dies with token_reader_die() at an
// invalid byte, an id above TOKEN_ID_MAX, or an id of more than TOKEN_DIGITS_MAX digits; everything
// before that place has been returned. Does not return an id at the end of a truncated stream,
// since some of its digits may be missing.
static inline enum token_event token_reader_next(struct token_reader *reader, int32_t *id)
{
    return token_reader_next_short(reader, id) ? TOKEN_ID : token_reader_next_any(reader, id);
}

// Reads ids from the buffer that are each followed by one space, at most MAX. MAX is at least 32.
// Returns their number. 0 is not the end: token_reader_next() reads whatever comes next.
size_t token_reader_next_many(struct token_reader *reader, int32_t *ids, size_t max);

// Repeats a token_reader_next_many() that started at NEXT in the buffer and at COLUMN: reads COUNT
// of its ids one by one. Messages then have the place of the last of these ids.
void token_reader_take_again(struct token_reader *reader, size_t next, uint64_t column,
                             size_t count);

// Like token_reader_has_buffered(), without the fast path.
int token_reader_has_buffered_id(const struct token_reader *reader);

// Returns true if token_reader_next() will not wait for input.
static inline int token_reader_has_buffered(const struct token_reader *reader)
{
    enum { MANY = 4096 };  // so many bytes contain an id, unless all are blanks
    return reader->end - reader->next >= MANY || token_reader_has_buffered_id(reader);
}

// Dies with STATUS_INPUT and "NAME:LINE:COLUMN: MESSAGE", at the place of the last id.
_Noreturn void token_reader_die(const struct token_reader *reader, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

// Dies with STATUS_INPUT and the message for TOKEN_TRUNCATED.
_Noreturn void token_reader_die_truncated(const struct token_reader *reader);

// Writes a stream. Ids are buffered until token_writer_flush(), or until 64 kB are pending.
struct token_writer {
    int descriptor;
    const char *name;
    int separator_due;  // 1 if the last id still needs its space or newline
    struct buffer pending;
};

void token_writer_init(struct token_writer *writer, int descriptor, const char *name);
void token_writer_put(struct token_writer *writer, int32_t id);
void token_writer_put_all(struct token_writer *writer, const int32_t *ids, size_t count);
void token_writer_end_sequence(struct token_writer *writer);

// Writes everything that is buffered. Writes a space after the last id, even if a newline may come
// next: a reader must not mistake the first digits of an id for the id. Dies like write_all().
void token_writer_flush(struct token_writer *writer);
void token_writer_free(struct token_writer *writer);

#endif
