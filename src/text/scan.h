// SPDX-License-Identifier: BSD-2-Clause
// Cuts text that arrives in blocks into added tokens and the fragments between them.

#ifndef AOTI_TEXT_SCAN_H
#define AOTI_TEXT_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/memory.h"
#include "text/added_tokens.h"
#include "text/alignment.h"

// Receives what the scanner finds. take_text() gets text of the current fragment and returns how
// many bytes it has finished with; if ENDS, the fragment ends there and all bytes count. One byte
// before TEXT is writable, WORD_READ_AHEAD bytes after it are readable. take_token() gets a token
// and its place.
struct scan_sink {
    size_t (*take_text)(void *context, uint8_t *text, size_t size, bool ends);
    void (*take_token)(void *context, const struct added_token *token, struct span place);
    // Returns true if TOKEN counts. A rejected match is text.
    bool (*accepts)(void *context, const struct added_token *token);
    void *context;
};

struct scanner {
    const struct added_set *set;  // borrowed
    struct scan_sink sink;
    struct buffer text;  // some bytes of history, then the unread ones
    uint64_t origin;     // place of text.data[0]; places count all bytes ever added
    size_t from;         // index of the first unfinished byte
    size_t next;         // no token that counts begins before this index
    ssize_t begin;       // index where the text began; negative once it was dropped
    bool space_is_text;  // a space stands for U+2581, which is not white space
    bool stripping;      // white space at from belongs to the token before it
    bool fragment_open;  // take_text() was called since the last end
};

void scanner_init(struct scanner *scanner, const struct added_set *set,
                  const struct scan_sink *sink);
void scanner_free(struct scanner *scanner);

// Ensures room for SIZE more bytes. The caller writes whole characters and advances text.size.
uint8_t *scanner_reserve(struct scanner *scanner, size_t size);

// Returns the place of the next byte that will be added.
static inline uint64_t scanner_end(const struct scanner *scanner)
{
    return scanner->origin + scanner->text.size;
}

// Returns the place of a byte of the text given to take_text().
static inline uint64_t scanner_place(const struct scanner *scanner, const uint8_t *byte)
{
    return scanner->origin + (uint64_t)(byte - (const uint8_t *)scanner->text.data);
}

// Ends the text added so far, reports TOKEN as if it had been found there, and starts new text
// after it.
void scanner_put(struct scanner *scanner, const struct added_token *token);

// Scans the text added so far. LAST: the text ends here, and the next byte starts a new text.
void scanner_run(struct scanner *scanner, bool last);

#endif
