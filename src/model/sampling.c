// SPDX-License-Identifier: BSD-2-Clause

#include "config.h"

#include "model/sampling.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "common/diagnostics.h"
#include "common/memory.h"

enum { CHUNK = 64 };  // values scanned at once

struct candidate {
    int32_t id;
    float logit;
    double weight;  // proportional to the probability
};

struct sampler {
    struct sampling_options options;
    size_t vocab_size;
    unsigned short random_state[3];  // for erand48()
    float *logits;                   // [vocab_size] after the repetition penalty
    bool *penalized;                 // [vocab_size] all false between picks
    struct candidate *candidates;    // [vocab_size]
};

struct sampler *sampler_new(const struct sampling_options *options, size_t vocab_size)
{
    struct sampler *sampler = xcalloc(1, sizeof *sampler);
    sampler->options = *options;
    sampler->vocab_size = vocab_size;
    for (int i = 0; i < 3; i++)
        sampler->random_state[i] = (unsigned short)((uint64_t)options->seed >> (16 * i));
    sampler->logits = xcalloc(vocab_size, sizeof *sampler->logits);
    sampler->penalized = xcalloc(vocab_size, sizeof *sampler->penalized);
    sampler->candidates = xcalloc(vocab_size, sizeof *sampler->candidates);
    return sampler;
}

void sampler_free(struct sampler *sampler)
{
    if (sampler == NULL)
        return;
    free(sampler->logits);
    free(sampler->penalized);
    free(sampler->candidates);
    free(sampler);
}

// Returns true if one of CHUNK values exceeds LIMIT or is NaN. Written to be vectorized.
static bool any_exceeds(const float *values, float limit)
{
    int any = 0;
    for (int i = 0; i < CHUNK; i++)
        any |= !(values[i] <= limit);
    return any != 0;
}

// Returns the index of the largest of COUNT values, the first of equal ones.
static size_t largest(const float *logits, size_t count)
{
    size_t best = 0;
    bool all_numbers = !isnan(logits[0]);
    for (size_t first = 0; first < count; first += CHUNK) {
        size_t end = count - first < CHUNK ? count : first + CHUNK;
        if (end - first == CHUNK && !any_exceeds(logits + first, logits[best]))
            continue;
        for (size_t i = first; i < end; i++) {
            all_numbers &= !isnan(logits[i]);
            if (logits[i] > logits[best])
                best = i;
        }
    }
    if (!all_numbers)
        die(STATUS_FAILURE, "the model's output is not a number");
    return best;
}

// Divides or multiplies the logit of each id seen, once, so that a penalty above 1 makes it less
// likely (Keskar et al., CTRL, 2019, section 4.1).
static const float *penalize(struct sampler *sampler, const float *logits, const int32_t *seen,
                             size_t count)
{
    float penalty = (float)sampler->options.repetition_penalty;
    if (penalty == 1)
        return logits;
    memcpy(sampler->logits, logits, sampler->vocab_size * sizeof *logits);
    for (size_t i = 0; i < count; i++) {
        int32_t id = seen[i];
        if (sampler->penalized[id])
            continue;
        sampler->penalized[id] = true;
        sampler->logits[id] *= logits[id] < 0 ? penalty : 1 / penalty;
    }
    for (size_t i = 0; i < count; i++)
        sampler->penalized[seen[i]] = false;
    return sampler->logits;
}

static int by_logit_descending(const void *a, const void *b)
{
    const struct candidate *left = a, *right = b;
    if (left->logit != right->logit)
        return left->logit < right->logit ? 1 : -1;
    return left->id - right->id;
}

// Collects all ids whose weight is at least LEAST; the largest weight is 1.
static size_t collect(struct sampler *sampler, const float *logits, float maximum, double least)
{
    size_t count = 0;
    for (size_t i = 0; i < sampler->vocab_size; i++) {
        double weight = exp((double)(logits[i] - maximum) / sampler->options.temperature);
        if (weight < least || weight == 0)
            continue;
        sampler->candidates[count++] =
            (struct candidate){.id = (int32_t)i, .logit = logits[i], .weight = weight};
    }
    return count;
}

static double sum_weights(const struct candidate *candidates, size_t count)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += candidates[i].weight;
    return sum;
}

// Keeps the K largest and all that equal the smallest of these. CANDIDATES must be sorted.
static size_t keep_top_k(const struct candidate *candidates, size_t count, int64_t k)
{
    if (k == 0 || (size_t)k >= count)
        return count;
    size_t kept = (size_t)k;
    while (kept < count && candidates[kept].logit == candidates[kept - 1].logit)
        kept++;
    return kept;
}

// Keeps the fewest whose weights sum to at least P of the total. CANDIDATES must be sorted.
static size_t keep_top_p(const struct candidate *candidates, size_t count, double p)
{
    double wanted = p * sum_weights(candidates, count), sum = 0;
    for (size_t i = 0; i < count; i++)
        if ((sum += candidates[i].weight) >= wanted)
            return i + 1;
    return count;
}

// Keeps those at least MIN_P times as likely as the first. CANDIDATES must be sorted.
static size_t keep_min_p(const struct candidate *candidates, size_t count, double min_p)
{
    while (count > 1 && candidates[count - 1].weight < min_p * candidates[0].weight)
        count--;
    return count;
}

static int32_t draw(struct sampler *sampler, size_t count)
{
    const struct candidate *candidates = sampler->candidates;
    double rest = erand48(sampler->random_state) * sum_weights(candidates, count);
    for (size_t i = 0; i + 1 < count; i++)
        if ((rest -= candidates[i].weight) < 0)
            return candidates[i].id;
    return candidates[count - 1].id;
}

int32_t sampler_pick(struct sampler *sampler, const float *logits, const int32_t *seen,
                     size_t count)
{
    const struct sampling_options *options = &sampler->options;
    logits = penalize(sampler, logits, seen, count);
    size_t best = largest(logits, sampler->vocab_size);
    if (options->temperature == 0)
        return (int32_t)best;
    size_t kept = collect(sampler, logits, logits[best], options->min_p);
    if (options->top_k == 0 && options->top_p >= 1)
        return draw(sampler, kept);
    // min_p is relative to the largest, so it commutes with top_k. top_p must see what min_p drops.
    if (options->top_p < 1)
        kept = collect(sampler, logits, logits[best], 0);
    qsort(sampler->candidates, kept, sizeof *sampler->candidates, by_logit_descending);
    kept = keep_top_k(sampler->candidates, kept, options->top_k);
    if (options->top_p < 1)
        kept = keep_top_p(sampler->candidates, kept, options->top_p);
    kept = keep_min_p(sampler->candidates, kept, options->min_p);
    return draw(sampler, kept);
}

double sampling_log_probability(const float *logits, size_t vocab_size, int32_t id)
{
    float maximum = logits[largest(logits, vocab_size)];
    double sum = 0;
    for (size_t i = 0; i < vocab_size; i++)
        sum += exp((double)(logits[i] - maximum));
    return (double)(logits[id] - maximum) - log(sum);
}
