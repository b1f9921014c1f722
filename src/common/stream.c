// SPDX-License-Identifier: BSD-2-Clause

#include "config.h"

#include "common/stream.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>

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
    size_t at = reader->next;
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

enum token_event token_reader_next(struct token_reader *reader, int32_t *id)
{
    int byte;
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

void token_writer_put(struct token_writer *writer, int32_t id)
{
    char digits[DIGITS_MAX + 1];
    char *first = digits + sizeof digits;
    uint32_t rest = (uint32_t)id;
    do
        *--first = (char)('0' + rest % 10);
    while ((rest /= 10) != 0);
    if (writer->separator_due)
        *--first = ' ';
    buffer_append(&writer->pending, first, (size_t)(digits + sizeof digits - first));
    writer->separator_due = 1;
    if (writer->pending.size >= FLUSH_SIZE)
        write_pending(writer);
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
