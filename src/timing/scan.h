// SPDX-License-Identifier: BSD-2-Clause
// A token stream parser that is fed blocks of bytes. The reader of common/stream.h cannot be used
// here: it reads by itself, and dies at malformed input, which a measurement has to report.

#ifndef AOTI_TIMING_SCAN_H
#define AOTI_TIMING_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/memory.h"

struct scan {
    uint64_t line, column;  // place of the next byte, from 1
    bool inside_id;
    uint64_t value;     // value of the unfinished id
    int digits;         // digits of the unfinished id
    uint64_t line_ids;  // ids started on this line
};

// Contents of a block.
struct scan_result {
    size_t ids;  // ids that ended: the blank or newline after them was read
    bool line_ended;
    bool malformed;
    unsigned char byte;  // the malformed byte, at the line and column of the scan
};

void scan_init(struct scan *scan);

// Parses DATA up to and including the first newline, or up to the first malformed byte. Returns the
// number of bytes parsed. Appends the canonical form to CANONICAL, for digests: the same ids
// without leading zeros, one space between ids, no space before the newline.
size_t scan_block(struct scan *scan, const char *data, size_t size, struct buffer *canonical,
                  struct scan_result *result);

// Returns true if the stream may end here.
bool scan_is_whole(const struct scan *scan);

#endif
