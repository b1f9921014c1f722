// SPDX-License-Identifier: BSD-2-Clause

#include "config.h"

#include "common/stream.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "common/diagnostics.h"
#include "common/io.h"

enum {
    DIGITS_MAX = 10,  // of 2147483647
    FLUSH_SIZE = 65536,
};

void token_reader_init(struct token_reader *reader, int descriptor, const char *name)
{
    reader->descriptor = descriptor;
    reader->name = name;
    reader->line = reader->column = reader->id_column = 1;
    reader->next = reader->end = 0;
}

void token_reader_die(const struct token_reader *reader, const char *format, ...)
{
    char message[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    die(STATUS_INPUT, "%s:%llu:%llu: %s", reader->name, (unsigned long long)reader->line,
        (unsigned long long)reader->id_column, message);
}

void token_reader_die_truncated(const struct token_reader *reader)
{
    die(STATUS_INPUT, "%s:%llu:%llu: stream ended inside a sequence", reader->name,
        (unsigned long long)reader->line, (unsigned long long)reader->column);
}

// The next byte without taking it, or -1 at the end of input.
static int peek(struct token_reader *reader)
{
    if (reader->next == reader->end) {
        reader->next = 0;
        reader->end =
            read_some(reader->descriptor, reader->buffer, sizeof reader->buffer, reader->name);
        if (reader->end == 0)
            return -1;
    }
    return (unsigned char)reader->buffer[reader->next];
}

static void take(struct token_reader *reader)
{
    reader->next++;
    reader->column++;
}

static bool is_digit(int byte)
{
    return byte >= '0' && byte <= '9';
}

static bool is_blank(int byte)
{
    return byte == ' ' || byte == '\t';
}

static _Noreturn void die_at_byte(struct token_reader *reader, int byte)
{
    reader->id_column = reader->column;
    if (byte > 0x20 && byte < 0x7f)
        token_reader_die(reader, "expected a decimal token id, not '%c'", byte);
    token_reader_die(reader, "expected a decimal token id, not byte 0x%02x", (unsigned)byte);
}

int token_reader_has_buffered(const struct token_reader *reader)
{
    enum { MANY = 4096 };  // bytes that hold an id, unless all of them are blank
    size_t at = reader->next;
    if (reader->end - at >= MANY)
        return 1;
    while (at < reader->end && is_blank(reader->buffer[at]))
        at++;
    while (at < reader->end && is_digit(reader->buffer[at]))
        at++;
    return at < reader->end;
}

// Reads digits and makes sure that something that may follow an id follows them.
static enum token_event read_id(struct token_reader *reader, int32_t *id)
{
    uint64_t value = 0;
    int byte;
    reader->id_column = reader->column;
    for (; is_digit(byte = peek(reader)); take(reader)) {
        value = value * 10 + (uint64_t)(byte - '0');
        if (value > TOKEN_ID_MAX)
            token_reader_die(reader, "token id above %d", TOKEN_ID_MAX);
    }
    if (byte == -1)
        return TOKEN_TRUNCATED;
    if (!is_blank(byte) && byte != '\n')
        die_at_byte(reader, byte);
    *id = (int32_t)value;
    return TOKEN_ID;
}

// The usual case: an id and what ends it stand in the buffer. Returns false where they do not, or
// where anything is unusual, without having taken anything.
static bool read_buffered_id(struct token_reader *reader, int32_t *id)
{
    const char *from = reader->buffer + reader->next, *next = from;
    if (reader->end - reader->next < DIGITS_MAX + 3)
        return false;
    next += *next == ' ';
    const char *first = next;
    uint64_t value = 0;
    for (; is_digit(*next) && next - first < DIGITS_MAX; next++)
        value = value * 10 + (uint64_t)(*next - '0');
    if (next == first || (*next != ' ' && *next != '\n') || value > TOKEN_ID_MAX)
        return false;
    reader->id_column = reader->column + (uint64_t)(first - from);
    reader->column += (uint64_t)(next - from);
    reader->next += (size_t)(next - from);
    *id = (int32_t)value;
    return true;
}

enum token_event token_reader_next(struct token_reader *reader, int32_t *id)
{
    int byte;
    if (read_buffered_id(reader, id))
        return TOKEN_ID;
    while (is_blank(byte = peek(reader)))
        take(reader);
    if (is_digit(byte))
        return read_id(reader, id);
    if (byte == -1)
        return reader->column == 1 ? TOKEN_STREAM_END : TOKEN_TRUNCATED;
    if (byte != '\n')
        die_at_byte(reader, byte);
    take(reader);
    reader->line++;
    reader->column = 1;
    return TOKEN_SEQUENCE_END;
}

void token_writer_init(struct token_writer *writer, int descriptor, const char *name)
{
    *writer = (struct token_writer){.descriptor = descriptor, .name = name};
}

static void write_pending(struct token_writer *writer)
{
    write_all(writer->descriptor, writer->pending.data, writer->pending.size, writer->name);
    writer->pending.size = 0;
}

static const char digit_pairs[] =
    "0001020304050607080910111213141516171819202122232425262728293031323334353637383940414243444546"
    "4748495051525354555657585960616263646566676869707172737475767778798081828384858687888990919293"
    "949596979899";

// Writes ID so that its last digit stands before END.
static void write_digits(char *end, uint32_t id)
{
    for (; id >= 10; id /= 100)
        memcpy(end -= 2, digit_pairs + 2 * (id % 100), 2);
    if (id != 0)
        *--end = (char)('0' + id);
}

static unsigned count_digits(uint32_t id)
{
    unsigned count = 1;
    for (uint32_t limit = 10; count < DIGITS_MAX && id >= limit; limit *= 10)
        count++;
    return count;
}

void token_writer_put(struct token_writer *writer, int32_t id)
{
    token_writer_put_all(writer, &id, 1);
}

// Writes a separator where one is due, and ID. There is room for DIGITS_MAX + 1 bytes at TO.
static char *write_id(struct token_writer *writer, char *to, uint32_t id)
{
    if (writer->separator_due)
        *to++ = ' ';
    writer->separator_due = 1;
    char *end = to + count_digits(id);
    *to = '0';
    write_digits(end, id);
    return end;
}

void token_writer_put_all(struct token_writer *writer, const int32_t *ids, size_t count)
{
    enum { BLOCK = 1024 };
    for (size_t done = 0; done < count;) {
        size_t block = count - done < BLOCK ? count - done : BLOCK;
        char *first = buffer_reserve(&writer->pending, block * (DIGITS_MAX + 1)), *to = first;
        for (size_t i = 0; i < block; i++)
            to = write_id(writer, to, (uint32_t)ids[done + i]);
        writer->pending.size += (size_t)(to - first);
        done += block;
        if (writer->pending.size >= FLUSH_SIZE)
            write_pending(writer);
    }
}

void token_writer_end_sequence(struct token_writer *writer)
{
    buffer_append(&writer->pending, "\n", 1);
    writer->separator_due = 0;
}

void token_writer_flush(struct token_writer *writer)
{
    if (writer->separator_due)
        buffer_append(&writer->pending, " ", 1);
    writer->separator_due = 0;
    write_pending(writer);
}

void token_writer_free(struct token_writer *writer)
{
    buffer_free(&writer->pending);
}
