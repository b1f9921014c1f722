// SPDX-License-Identifier: BSD-2-Clause
// Cuts text that arrives in parts into added tokens and the text between them.

#ifndef AOTI_TEXT_SCAN_H
#define AOTI_TEXT_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/memory.h"
#include "text/added_tokens.h"
#include "text/alignment.h"

// What a scanner finds. take_text gets the text that is known to belong to the current fragment
// and returns how much of it is done with; where ENDS, the fragment ends there and all is. There is
// a writable byte before TEXT, and WORD_READ_AHEAD readable ones behind it. take_token gets a
// token that was found and the place where it is spelled.
struct scan_sink {
    size_t (*take_text)(void *context, uint8_t *text, size_t size, bool ends);
    void (*take_token)(void *context, const struct added_token *token, struct span place);
    // Whether TOKEN counts as found. What is discarded is text, all of it.
    bool (*accepts)(void *context, const struct added_token *token);
    void *context;
};

struct scanner {
    const struct added_set *set;  // lent
    struct scan_sink sink;
    struct buffer text;  // a few bytes that were seen, then those that were not
    uint64_t origin;     // place of its first byte: places are counted over all that was added
    size_t from;         // where text begins that is not done with
    size_t next;         // no token that counts begins before
    ssize_t begin;       // where the text began; negative where that is gone
    bool space_is_text;  // the space stands for U+2581, which is not white space
    bool stripping;      // white space at from belongs to the token before it
    bool fragment_open;  // take_text was called since the last end
};

void scanner_init(struct scanner *scanner, const struct added_set *set,
                  const struct scan_sink *sink);
void scanner_free(struct scanner *scanner);

// Room for SIZE more bytes; the caller adds to text.size what it wrote, whole characters only.
uint8_t *scanner_reserve(struct scanner *scanner, size_t size);

// The place of what is added next.
static inline uint64_t scanner_end(const struct scanner *scanner)
{
    return scanner->origin + scanner->text.size;
}

// The place of a byte of the text that take_text gets.
static inline uint64_t scanner_place(const struct scanner *scanner, const uint8_t *byte)
{
    return scanner->origin + (uint64_t)(byte - (const uint8_t *)scanner->text.data);
}

// Ends the text that was added, takes TOKEN as if it had been found behind it, and goes on with
// text behind that.
void scanner_put(struct scanner *scanner, const struct added_token *token);

// Goes through the text that was added. LAST: the text ends here, and the next begins anew.
void scanner_run(struct scanner *scanner, bool last);

#endif
