// SPDX-License-Identifier: BSD-2-Clause
//
// How it works. There are three readers of ids, and each leaves what it cannot read to the next:
//
// 1. token_reader_next_many() reads a block of 64 bytes at once. SSE2 instructions classify all
//    bytes and give two words with a bit per byte: spaces and digits. Every space before the first
//    other byte ends an id, which begins after the space before it. Example, lowest bit first:
//
//        bytes    1 2 _ 7 _ 4 7 1 1 \n
//        digits   1 1 0 1 0 1 1 1 1 0
//        spaces   0 0 1 0 1 0 0 0 0 0
//        ends     0 0 1 0 1 0 0 0 0 0     the ids are 12 and 7; 4711 has no space after it
//
//    The ends are known before any id is converted, so the conversions do not wait for one another.
// 2. token_reader_next_short() (stream.h) reads one id of up to seven digits, eight bytes at a
//    time.
// 3. token_reader_next_any() reads any input, byte by byte, and makes all messages.
//
// All three take time in proportion to the bytes.

#include "config.h"

#include "common/stream.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "common/diagnostics.h"
#include "common/io.h"

enum { FLUSH_SIZE = 65536 };

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

// Returns the next byte without consuming it; -1 at the end of input.
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

int token_reader_has_buffered_id(const struct token_reader *reader)
{
    size_t at = reader->next;
    while (at < reader->end && is_blank(reader->buffer[at]))
        at++;
    while (at < reader->end && is_digit(reader->buffer[at]))
        at++;
    return at < reader->end;
}

// Reads an id, up to the byte after it, which must be a blank or a newline.
static enum token_event read_id(struct token_reader *reader, int32_t *id)
{
    uint64_t value = 0;
    int byte;
    reader->id_column = reader->column;
    for (; is_digit(byte = peek(reader)); take(reader)) {
        if (reader->column - reader->id_column == TOKEN_DIGITS_MAX)
            token_reader_die(reader, "token id has more than %d digits", TOKEN_DIGITS_MAX);
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

enum token_event token_reader_next_any(struct token_reader *reader, int32_t *id)
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

#ifdef __SSE2__

enum { BLOCK_SIZE = 64 };

struct block {
    uint64_t spaces, digits;  // bit i is for byte i
};

static inline struct block look_at_block(const char *text)
{
    struct block block = {0};
    for (unsigned i = 0; i < BLOCK_SIZE; i += sizeof(__m128i)) {
        __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)(text + i));
        __m128i values = _mm_xor_si128(bytes, _mm_set1_epi8('0'));  // 0 to 9 for digits
        __m128i digits = _mm_cmpeq_epi8(_mm_min_epu8(values, _mm_set1_epi8(9)), values);
        __m128i spaces = _mm_cmpeq_epi8(bytes, _mm_set1_epi8(' '));
        block.digits |= (uint64_t)(unsigned)_mm_movemask_epi8(digits) << i;
        block.spaces |= (uint64_t)(unsigned)_mm_movemask_epi8(spaces) << i;
    }
    return block;
}

size_t token_reader_next_many(struct token_reader *reader, int32_t *ids, size_t max)
{
    enum { LONGEST = 7 };
    size_t count = 0, at = reader->next;
    at += at < reader->end && reader->buffer[at] == ' ';
    while (reader->end - at >= BLOCK_SIZE + sizeof(uint64_t) && max - count >= BLOCK_SIZE / 2) {
        const char *text = reader->buffer + at;
        struct block block = look_at_block(text);
        uint64_t others = ~(block.spaces | block.digits);
        uint64_t ends = block.spaces & (others - 1) & ~others;  // before the first other byte
        unsigned begin = 0, length;
        for (; ends != 0; ends &= ends - 1, begin += length + 1) {
            length = (unsigned)__builtin_ctzll(ends) - begin;
            if (length - 1 >= LONGEST)  // 0 wraps around
                break;
            uint64_t digits;
            memcpy(&digits, text + begin, sizeof digits);
            ids[count++] =
                token_digits_value(le64toh(digits) ^ UINT64_C(0x3030303030303030), length);
        }
        at += begin;
        if (begin == 0 || ends != 0 || others != 0)
            break;
    }
    if (count == 0)
        return 0;
    reader->column += at - reader->next;
    reader->next = at;
    return count;
}

#else

size_t token_reader_next_many(struct token_reader *reader, int32_t *ids, size_t max)
{
    size_t count = 0;
    while (count < max && token_reader_next_short(reader, &ids[count]))
        count++;
    return count;
}

#endif

void token_reader_take_again(struct token_reader *reader, size_t next, uint64_t column,
                             size_t count)
{
    int32_t id;
    reader->next = next;
    reader->column = column;
    for (size_t i = 0; i < count; i++)
        token_reader_next(reader, &id);
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

// "000001002…999", and bytes after it that write_three() may read.
#define TEN(x) x "0" x "1" x "2" x "3" x "4" x "5" x "6" x "7" x "8" x "9"
#define HUNDRED(x) \
    TEN(x "0") TEN(x "1") TEN(x "2") TEN(x "3") TEN(x "4") \
    TEN(x "5") TEN(x "6") TEN(x "7") TEN(x "8") TEN(x "9")
static const char three_digits[] =
    HUNDRED("0") HUNDRED("1") HUNDRED("2") HUNDRED("3") HUNDRED("4")
    HUNDRED("5") HUNDRED("6") HUNDRED("7") HUNDRED("8") HUNDRED("9") "...";

// Writes the three digits of VALUE, below 1000, without the first SKIP. Returns the end. Always
// copies four bytes.
static inline char *write_three(char *to, uint32_t value, size_t skip)
{
    memcpy(to, three_digits + 3 * value + skip, 4);
    return to + 3 - skip;
}

// Writes ID and returns its end. TO has room for TOKEN_DIGITS_MAX + 1 bytes. Below 10^6 the number
// of digits is computed without a branch, which would be mispredicted often.
static inline char *write_digits(char *to, uint32_t id)
{
    uint32_t thousands = id / 1000, rest = id % 1000;
    if (thousands < 1000) {
        to = write_three(to, thousands,
                         (size_t)((thousands < 100) + (thousands < 10) + (thousands < 1)));
        return write_three(to, rest, (size_t)((id < 100) + (id < 10)));
    }
    to += sprintf(to, "%" PRIu32, thousands);
    return write_three(to, rest, 0);
}

void token_writer_put(struct token_writer *writer, int32_t id)
{
    token_writer_put_all(writer, &id, 1);
}

void token_writer_put_all(struct token_writer *writer, const int32_t *ids, size_t count)
{
    enum { BLOCK = 1024 };
    for (size_t done = 0; done < count;) {
        size_t block = count - done < BLOCK ? count - done : BLOCK;
        char *first = buffer_reserve(&writer->pending, block * (TOKEN_DIGITS_MAX + 2)), *to = first;
        for (size_t i = 0, due = (size_t)writer->separator_due; i < block; i++, due = 1) {
            *to = ' ';
            to = write_digits(to + due, (uint32_t)ids[done + i]);
        }
        writer->separator_due = 1;
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
