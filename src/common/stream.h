// SPDX-License-Identifier: BSD-2-Clause
// The token stream of aoti-stream(5): decimal ids, spaces between them, a line a sequence.

#ifndef AOTI_COMMON_STREAM_H
#define AOTI_COMMON_STREAM_H

#include <stddef.h>
#include <stdint.h>

#include "common/memory.h"

enum { TOKEN_ID_MAX = INT32_MAX };

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

// The next event. For TOKEN_ID the id is in *ID. A byte that no stream may hold, or an id above
// TOKEN_ID_MAX, ends in token_reader_die; before that, what was read earlier was returned.
// An id at the very end of a truncated stream is not returned: digits of it may be missing.
enum token_event token_reader_next(struct token_reader *reader, int32_t *id);

// Whether token_reader_next can go on without waiting for input.
int token_reader_has_buffered(const struct token_reader *reader);

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
