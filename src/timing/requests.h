// SPDX-License-Identifier: BSD-2-Clause
// Requests: lines of token ids.

#ifndef AOTI_TIMING_REQUESTS_H
#define AOTI_TIMING_REQUESTS_H

#include <stddef.h>
#include <stdint.h>

#include "common/digest.h"
#include "common/memory.h"

struct request {
    size_t offset, size;  // line in the text, with its newline
    uint64_t ids;         // number of ids
};

struct requests {
    struct buffer text;
    struct request *lines;  // owned; [line_count]
    size_t line_count;
    size_t count;  // number of requests to send; request i is line i % line_count
    char sha256[DIGEST_TEXT_SIZE];  // digest of all requests, as sent
};

// Reads requests from the token stream FILE; "-" is standard input. COUNT is the number of requests
// to send; 0: one per line. Dies with STATUS_INPUT if the stream is malformed or empty. Free with
// requests_free().
struct requests requests_read(const char *file, size_t count);

// Returns the line of request INDEX, owned by REQUESTS, and its *SIZE.
const char *requests_line(const struct requests *requests, size_t index, size_t *size);

// Returns the number of ids of request INDEX.
uint64_t requests_ids(const struct requests *requests, size_t index);
void requests_free(struct requests *requests);

#endif
