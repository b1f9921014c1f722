// SPDX-License-Identifier: BSD-2-Clause

#include "config.h"

#include "timing/scan.h"

#include "common/stream.h"

void scan_init(struct scan *scan)
{
    *scan = (struct scan){.line = 1, .column = 1};
}

// Parses a digit and writes its canonical form to OUT. Does not write a leading zero; end_id()
// writes the digit of an id that is 0. Returns the end of OUT; NULL if the id is too large or too
// long.
static char *take_digit(struct scan *scan, char digit, char *out)
{
    if (!scan->inside_id) {
        if (scan->line_ids++ > 0)
            *out++ = ' ';
        scan->value = 0;
        scan->digits = 0;
    }
    scan->inside_id = true;
    if (scan->digits++ == TOKEN_DIGITS_MAX)
        return NULL;
    scan->value = scan->value * 10 + (uint64_t)(digit - '0');
    if (scan->value != 0)
        *out++ = digit;
    return scan->value <= TOKEN_ID_MAX ? out : NULL;
}

static char *end_id(struct scan *scan, struct scan_result *result, char *out)
{
    if (scan->inside_id && scan->value == 0)
        *out++ = '0';
    result->ids += scan->inside_id;
    scan->inside_id = false;
    return out;
}

static char *end_line(struct scan *scan, struct scan_result *result, char *out)
{
    out = end_id(scan, result, out);
    *out++ = '\n';
    result->line_ended = true;
    scan->line++;
    scan->column = 0;  // scan_block() adds 1 for the newline
    scan->line_ids = 0;
    return out;
}

static char *take_byte(struct scan *scan, char byte, char *out, struct scan_result *result)
{
    if (byte >= '0' && byte <= '9')
        return take_digit(scan, byte, out);
    if (byte == ' ' || byte == '\t')
        return end_id(scan, result, out);
    return byte == '\n' ? end_line(scan, result, out) : NULL;
}

size_t scan_block(struct scan *scan, const char *data, size_t size, struct buffer *canonical,
                  struct scan_result *result)
{
    // Two more bytes than SIZE: a space and a zero may be due from the previous block.
    char *out = buffer_reserve(canonical, size + 2);
    size_t at = 0;
    *result = (struct scan_result){0};
    while (at < size && !result->line_ended) {
        char *next = take_byte(scan, data[at], out, result);
        if (next == NULL) {
            result->malformed = true;
            result->byte = (unsigned char)data[at];
            break;
        }
        out = next;
        at++;
        scan->column++;
    }
    canonical->size = (size_t)(out - canonical->data);
    return at;
}

bool scan_is_whole(const struct scan *scan)
{
    return scan->column == 1;
}
