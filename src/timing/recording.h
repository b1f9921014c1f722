// SPDX-License-Identifier: BSD-2-Clause
// Answers of one run, with the time at which each id arrived.

#ifndef AOTI_TIMING_RECORDING_H
#define AOTI_TIMING_RECORDING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/digest.h"
#include "common/memory.h"
#include "timing/scan.h"

// All times are in seconds since the start of the recording; NAN: not yet known.

// Ids that arrived in one read.
struct arrival {
    double at;
    uint64_t ids;
};

struct answer {
    double sent;  // request was written; without requests: previous answer ended
    double end;   // newline arrived; NAN if the answer is truncated
    uint64_t prompt_ids;
    uint64_t ids;
    struct arrival *arrivals;  // owned
    size_t arrival_count, arrival_capacity;
    char sha256[DIGEST_TEXT_SIZE];  // digest of the answer as one line, with one space between ids;
                                    // empty if the answer is truncated
};

struct recording {
    double started;  // CLOCK_MONOTONIC in seconds
    double ready, ended;
    struct answer *answers;  // owned; [count]; the first `complete` are complete
    size_t count, capacity;
    size_t complete;
    bool follows_stream;  // there are no requests: each answer starts when the previous one ends
    struct scan scan;
    struct digest stream_digest, line_digest;
    struct buffer canonical;
    char sha256[DIGEST_TEXT_SIZE];  // digest of all answers; set by recording_finish()
};

// Results of recording_bytes().
enum recording_event {
    RECORDING_GOES_ON,
    RECORDING_MALFORMED,  // at the place of the scan; the byte is in *BYTE
    RECORDING_UNASKED,    // an answer without a request
};

// Returns a recording that starts at STARTED. This and every NOW below are CLOCK_MONOTONIC in
// seconds. Free with recording_free().
struct recording recording_begin(double started, bool follows_stream);

// Records a request of PROMPT_IDS ids, written at NOW.
void recording_request(struct recording *recording, double now, uint64_t prompt_ids);

// Records that the command was ready at NOW. Only the first call counts.
void recording_ready(struct recording *recording, double now);

// Records SIZE bytes of the stream that arrived at NOW. Stops at the first malformed byte.
enum recording_event recording_bytes(struct recording *recording, const char *data, size_t size,
                                     double now, unsigned char *byte);

// Ends the recording at NOW. Keeps the ids of a truncated answer.
void recording_finish(struct recording *recording, double now);
void recording_free(struct recording *recording);

// Returns the number of ids in all answers, truncated ones included.
uint64_t recording_ids(const struct recording *recording);

// Returns the time of the first id; NAN if there is none.
double answer_first(const struct answer *answer);

// Returns the time of the last id; NAN if there is none.
double answer_last(const struct answer *answer);
bool answer_is_complete(const struct answer *answer);

#endif
