// SPDX-License-Identifier: BSD-2-Clause
// Turns a line of ids into the line that answers it.

#ifndef AOTI_MODEL_GENERATION_H
#define AOTI_MODEL_GENERATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/id_list.h"
#include "common/stream.h"
#include "model/model.h"
#include "model/sampling.h"
#include "model/statistics.h"

struct generation {
    struct model *model;      // borrowed
    struct sampler *sampler;  // borrowed
    struct token_writer *writer;  // receives the answers, borrowed
    int64_t max_new_tokens;   // -1: until the model stops or the context is full
    struct id_list stop_ids;  // each one ends a sequence and is its last id
    struct id_list *stop_sequences;  // runs of ids that end a sequence
    size_t stop_sequence_count;
    int echo;                 // write the prompt before the answer
    int log_probabilities;    // descriptor for one JSON line per id, or -1
};

// Why an answer ended.
enum generation_end { GENERATION_STOPPED, GENERATION_LIMIT, GENERATION_FULL };

// Answers PROMPT, COUNT ids, which must fit. Each id is written as soon as it is known; a newline
// ends the answer. An empty prompt gets an empty answer. LINE numbers the request in the output for
// log_probabilities. Fills in *TIMES except for begin.
enum generation_end generation_answer(struct generation *generation, const int32_t *prompt,
                                      size_t count, uint64_t line, struct request_times *times);

// Writes one line to the writer's descriptor: the log-probability of each id of PROMPT except the
// first, which has no predecessor.
void generation_score(struct generation *generation, const int32_t *prompt, size_t count);

void generation_free(struct generation *generation);

#endif
