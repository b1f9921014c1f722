// SPDX-License-Identifier: BSD-2-Clause
// From one line of ids to the line that answers it.

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
    struct model *model;      // lent
    struct sampler *sampler;  // lent
    struct token_writer *writer;  // where answers go, lent
    int64_t max_new_tokens;   // -1: until the model stops or has no room
    struct id_list stop_ids;  // each ends a sequence, and is its last id
    struct id_list *stop_sequences;  // so does each of these runs of ids
    size_t stop_sequence_count;
    int echo;                 // write the prompt before the answer
    int log_probabilities;    // descriptor that takes a JSON line for each id, or -1
};

// Why an answer ended.
enum generation_end { GENERATION_STOPPED, GENERATION_LIMIT, GENERATION_FULL };

// Answers PROMPT, COUNT ids, which must fit. Each id is written as soon as it is known, and the
// answer ends with a newline. Fills in *TIMES but for its begin. An empty prompt has an empty
// answer. LINE counts requests in what log_probabilities takes.
enum generation_end generation_answer(struct generation *generation, const int32_t *prompt,
                                      size_t count, uint64_t line, struct request_times *times);

// Writes one line to the writer's descriptor: the log-probability of each id of PROMPT but the
// first, which nothing comes before.
void generation_score(struct generation *generation, const int32_t *prompt, size_t count);

void generation_free(struct generation *generation);

#endif
