// SPDX-License-Identifier: BSD-2-Clause
// What came when: the answers of one run of a command.

#ifndef AOTI_TIMING_RECORDING_H
#define AOTI_TIMING_RECORDING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/digest.h"
#include "common/memory.h"
#include "timing/scan.h"

// All times are seconds since the recording's start; NAN: not yet.

// Ids that one read found.
struct arrival {
    double at;
    uint64_t ids;
};

struct answer {
    double sent;  // when its request was written, or the answer before it ended
    double end;   // when its newline came; NAN where it is cut off
    uint64_t prompt_ids;
    uint64_t ids;
    struct arrival *arrivals;  // owned
    size_t arrival_count, arrival_capacity;
    char sha256[DIGEST_TEXT_SIZE];  // of its ids, in decimal, with one space between them and a
                                    // newline; empty where it is cut off
};

struct recording {
    double started;  // seconds of CLOCK_MONOTONIC
    double ready, ended;
    struct answer *answers;  // owned; the first `complete` have ended
    size_t count, capacity;
    size_t complete;
    bool follows_stream;  // there are no requests: an answer begins where the last one ended
    struct scan scan;
    struct digest stream_digest, line_digest;
    struct buffer canonical;
    char sha256[DIGEST_TEXT_SIZE];  // of all that was well formed, once it is finished
};

// What recording_bytes found.
enum recording_event {
    RECORDING_GOES_ON,
    RECORDING_MALFORMED,  // scan says where; *BYTE what
    RECORDING_UNASKED,    // ids or a line without a request
};

// Begins at STARTED, seconds of CLOCK_MONOTONIC. The caller calls recording_free.
struct recording recording_begin(double started, bool follows_stream);

// Notes that a request of PROMPT_IDS was written at NOW, seconds of CLOCK_MONOTONIC as below.
void recording_request(struct recording *recording, double now, uint64_t prompt_ids);
void recording_ready(struct recording *recording, double now);

// Takes SIZE bytes of the stream that came at NOW, up to what is wrong with them.
enum recording_event recording_bytes(struct recording *recording, const char *data, size_t size,
                                     double now, unsigned char *byte);

// Notes the end at NOW. What was cut off stays as far as it came.
void recording_finish(struct recording *recording, double now);
void recording_free(struct recording *recording);

// How many ids all answers have, those that were cut off too.
uint64_t recording_ids(const struct recording *recording);

// When the first id of ANSWER came; NAN where it has none.
double answer_first(const struct answer *answer);

// When its last id came; NAN where it has none.
double answer_last(const struct answer *answer);
bool answer_is_complete(const struct answer *answer);

#endif
