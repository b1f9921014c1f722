// SPDX-License-Identifier: BSD-2-Clause
// Reads a token stream that is pushed in pieces. The reader of common/stream.h pulls, and dies of
// what is malformed; who measures somebody else's stream must go on and report.

#ifndef AOTI_TIMING_SCAN_H
#define AOTI_TIMING_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/memory.h"

struct scan {
    uint64_t line, column;  // of the next byte, from 1
    bool inside_id;
    uint64_t value;  // of the id so far
    int digits;      // of the id so far
    uint64_t line_ids;  // begun on this line
};

// What a piece held.
struct scan_result {
    size_t ids;  // that became whole: their separator is there
    bool line_ended;
    bool malformed;
    unsigned char byte;  // where malformed: the byte at the scan's line and column
};

void scan_init(struct scan *scan);

// Reads at most one line's end. Appends to CANONICAL the same ids with one space between them, no
// leading zeros and a newline at the end, for digests. Returns how many bytes were read: all SIZE
// of them, those up to a newline and with it, or those before a byte that no stream may hold.
size_t scan_piece(struct scan *scan, const char *data, size_t size, struct buffer *canonical,
                  struct scan_result *result);

// Whether the stream may end here.
bool scan_is_whole(const struct scan *scan);

#endif
