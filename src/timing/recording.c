// SPDX-License-Identifier: BSD-2-Clause

#include "config.h"

#include "timing/recording.h"

#include <math.h>
#include <stdlib.h>

struct recording recording_begin(double started, bool follows_stream)
{
    struct recording recording = {
        .started = started,
        .ready = NAN,
        .ended = NAN,
        .follows_stream = follows_stream,
        .stream_digest = digest_begin(),
        .line_digest = digest_begin(),
    };
    scan_init(&recording.scan);
    if (follows_stream)
        recording_request(&recording, started, 0);
    return recording;
}

void recording_request(struct recording *recording, double now, uint64_t prompt_ids)
{
    if (recording->count == recording->capacity) {
        recording->capacity = recording->capacity * 2 + 16;
        recording->answers = xreallocarray(recording->answers, recording->capacity,
                                           sizeof *recording->answers);
    }
    recording->answers[recording->count++] = (struct answer){
        .sent = now - recording->started,
        .end = NAN,
        .prompt_ids = prompt_ids,
    };
}

void recording_ready(struct recording *recording, double now)
{
    if (isnan(recording->ready))
        recording->ready = now - recording->started;
}

static void add_arrival(struct answer *answer, double at, uint64_t ids)
{
    if (answer->arrival_count == answer->arrival_capacity) {
        answer->arrival_capacity = answer->arrival_capacity * 2 + 16;
        answer->arrivals = xreallocarray(answer->arrivals, answer->arrival_capacity,
                                         sizeof *answer->arrivals);
    }
    answer->arrivals[answer->arrival_count++] = (struct arrival){.at = at, .ids = ids};
    answer->ids += ids;
}

// Adds the canonical text of the last scan to both digests.
static void digest_canonical(struct recording *recording)
{
    struct buffer *canonical = &recording->canonical;
    digest_add(&recording->stream_digest, canonical->data, canonical->size);
    digest_add(&recording->line_digest, canonical->data, canonical->size);
    canonical->size = 0;
}

static void end_answer(struct recording *recording, double at)
{
    struct answer *answer = &recording->answers[recording->complete++];
    answer->end = at;
    digest_finish(&recording->line_digest, answer->sha256);
    recording->line_digest = digest_begin();
    if (recording->follows_stream)
        recording_request(recording, recording->started + at, 0);
}

enum recording_event recording_bytes(struct recording *recording, const char *data, size_t size,
                                     double now, unsigned char *byte)
{
    double at = now - recording->started;
    while (size > 0) {
        struct scan_result found;
        if (recording->complete == recording->count)
            return RECORDING_UNASKED;
        size_t used = scan_block(&recording->scan, data, size, &recording->canonical, &found);
        digest_canonical(recording);
        if (found.ids > 0)
            add_arrival(&recording->answers[recording->complete], at, found.ids);
        if (found.malformed) {
            *byte = found.byte;
            return RECORDING_MALFORMED;
        }
        if (found.line_ended)
            end_answer(recording, at);
        data += used;
        size -= used;
    }
    return RECORDING_GOES_ON;
}

void recording_finish(struct recording *recording, double now)
{
    recording->ended = now - recording->started;
    // Drops the empty answer that was started after the last newline of a stream.
    if (recording->follows_stream && recording->count > recording->complete
        && scan_is_whole(&recording->scan))
        recording->count--;
    digest_finish(&recording->stream_digest, recording->sha256);
}

void recording_free(struct recording *recording)
{
    for (size_t i = 0; i < recording->count; i++)
        free(recording->answers[i].arrivals);
    free(recording->answers);
    digest_free(&recording->stream_digest);
    digest_free(&recording->line_digest);
    buffer_free(&recording->canonical);
    *recording = (struct recording){0};
}

uint64_t recording_ids(const struct recording *recording)
{
    uint64_t ids = 0;
    for (size_t i = 0; i < recording->count; i++)
        ids += recording->answers[i].ids;
    return ids;
}

double answer_first(const struct answer *answer)
{
    return answer->arrival_count > 0 ? answer->arrivals[0].at : NAN;
}

double answer_last(const struct answer *answer)
{
    return answer->arrival_count > 0 ? answer->arrivals[answer->arrival_count - 1].at : NAN;
}

bool answer_is_complete(const struct answer *answer)
{
    return !isnan(answer->end);
}
