// SPDX-License-Identifier: BSD-2-Clause
// What a command is asked: lines of ids.

#ifndef AOTI_TIMING_REQUESTS_H
#define AOTI_TIMING_REQUESTS_H

#include <stddef.h>
#include <stdint.h>

#include "common/digest.h"
#include "common/memory.h"

struct request {
    size_t offset, size;  // of its line in the text, the newline with it
    uint64_t ids;
};

struct requests {
    struct buffer text;
    struct request *lines;  // owned
    size_t line_count;
    size_t count;  // to be made: line i % line_count is the i-th
    char sha256[DIGEST_TEXT_SIZE];  // of all that are made, as they are written
};

// Reads the token stream FILE, "-" for standard input, and makes COUNT requests of it, each line
// in turn; 0: as many as there are lines. Dies with STATUS_INPUT where it is malformed or empty.
struct requests requests_read(const char *file, size_t count);

// The line of the INDEX-th request, lent.
const char *requests_line(const struct requests *requests, size_t index, size_t *size);
uint64_t requests_ids(const struct requests *requests, size_t index);
void requests_free(struct requests *requests);

#endif
