// SPDX-License-Identifier: BSD-2-Clause

#include "config.h"

#include "model/generation.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/io.h"
#include "common/memory.h"

static bool contains(const struct id_list *list, int32_t id)
{
    for (size_t i = 0; i < list->count; i++)
        if (list->ids[i] == id)
            return true;
    return false;
}

static bool ends_with(const struct id_list *answer, const struct id_list *sequence)
{
    return sequence->count <= answer->count
           && memcmp(answer->ids + answer->count - sequence->count, sequence->ids,
                     sequence->count * sizeof *sequence->ids)
                  == 0;
}

static bool is_stopped(const struct generation *generation, const struct id_list *answer)
{
    if (contains(&generation->stop_ids, answer->ids[answer->count - 1]))
        return true;
    for (size_t i = 0; i < generation->stop_sequence_count; i++)
        if (ends_with(answer, &generation->stop_sequences[i]))
            return true;
    return false;
}

static void report_log_probability(const struct generation *generation, const float *logits,
                                   int32_t id, uint64_t line, size_t index)
{
    if (generation->log_probabilities < 0)
        return;
    char text[160];
    int length = snprintf(
        text, sizeof text,
        "{\"line\": %llu, \"index\": %zu, \"id\": %d, \"logprob\": %.9g}\n",
        (unsigned long long)line, index, id,
        sampling_log_probability(logits, (size_t)generation->model->vocab_size, id));
    write_all(generation->log_probabilities, text, (size_t)length, "log probabilities");
}

static void write_prompt(struct token_writer *writer, const int32_t *prompt, size_t count)
{
    for (size_t i = 0; i < count; i++)
        token_writer_put(writer, prompt[i]);
}

static void write_line_end(struct token_writer *writer)
{
    token_writer_end_sequence(writer);
    token_writer_flush(writer);
}

// Returns true if the answer is complete. *END: why.
static bool has_ended(const struct generation *generation, const struct id_list *answer,
                      enum generation_end *end)
{
    if (is_stopped(generation, answer))
        *end = GENERATION_STOPPED;
    else if ((int64_t)answer->count == generation->max_new_tokens)
        *end = GENERATION_LIMIT;
    else if (!model_has_room(generation->model, 1))
        *end = GENERATION_FULL;
    else
        return false;
    return true;
}

// Appends COUNT ids and returns the next one, id number INDEX of the answer.
static int32_t next_id(struct generation *generation, const int32_t *ids, size_t count,
                       uint64_t line, size_t index)
{
    struct model *model = generation->model;
    if (model_picks(model) && generation->log_probabilities < 0)
        return model_pick(model, ids, count, (int64_t)index + 1 != generation->max_new_tokens);
    const float *logits = model_append(model, ids, count);
    int32_t id = sampler_pick(generation->sampler, logits, model->ids, model->count);
    report_log_probability(generation, logits, id, line, index);
    return id;
}

enum generation_end generation_answer(struct generation *generation, const int32_t *prompt,
                                      size_t count, uint64_t line, struct request_times *times)
{
    struct model *model = generation->model;
    struct token_writer *writer = generation->writer;
    struct id_list answer = {0};
    enum generation_end end = GENERATION_LIMIT;
    bool ended = count == 0 || generation->max_new_tokens == 0;
    if (generation->echo)
        write_prompt(writer, prompt, count);
    times->prompt = count;
    times->reused = ended ? 0 : model_rewind(model, prompt, count);
    const int32_t *ids = prompt + times->reused;
    int32_t id;
    count -= times->reused;
    while (!ended) {
        id = next_id(generation, ids, count, line, answer.count);
        if (answer.count == 0)
            times->first = clock_seconds();
        id_list_put(&answer, id);
        ids = &id;
        count = 1;
        token_writer_put(writer, id);
        ended = has_ended(generation, &answer, &end);
        if (!ended)
            token_writer_flush(writer);
    }
    write_line_end(writer);
    times->generated = answer.count;
    times->end = clock_seconds();
    if (answer.count == 0)
        times->first = times->end;
    id_list_free(&answer);
    return end;
}

// State of one line being scored.
struct scoring {
    const struct generation *generation;
    const int32_t *ids;
    struct buffer line;
};

static void score_next(const float *logits, size_t position, void *context)
{
    struct scoring *scoring = context;
    double value = sampling_log_probability(
        logits, (size_t)scoring->generation->model->vocab_size, scoring->ids[position + 1]);
    char text[32];
    int length = snprintf(text, sizeof text, "%s%.6f", scoring->line.size > 0 ? " " : "", value);
    buffer_append(&scoring->line, text, (size_t)length);
}

void generation_score(struct generation *generation, const int32_t *prompt, size_t count)
{
    struct scoring scoring = {.generation = generation, .ids = prompt};
    if (count > 1)
        model_visit(generation->model, prompt, count, score_next, &scoring);
    buffer_append(&scoring.line, "\n", 1);
    write_all(generation->writer->descriptor, scoring.line.data, scoring.line.size,
              generation->writer->name);
    buffer_free(&scoring.line);
}

void generation_free(struct generation *generation)
{
    for (size_t i = 0; i < generation->stop_sequence_count; i++)
        id_list_free(&generation->stop_sequences[i]);
    free(generation->stop_sequences);
    id_list_free(&generation->stop_ids);
}
