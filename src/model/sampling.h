// SPDX-License-Identifier: BSD-2-Clause
// Picks an id from logits: the largest, or a draw from the distribution that remains after the
// usual filters, in the order and with the meaning of Hugging Face transformers.

#ifndef AOTI_MODEL_SAMPLING_H
#define AOTI_MODEL_SAMPLING_H

#include <stddef.h>
#include <stdint.h>

// Each step is skipped at its neutral value.
struct sampling_options {
    double temperature;         // divides the logits; 0: always pick the largest
    int64_t top_k;              // keep the K largest; 0: all
    double top_p;               // keep the fewest whose probabilities sum to at least P; 1: all
    double min_p;               // keep those at least MIN_P as probable as the first; 0: all
    double repetition_penalty;  // divides the logits of ids already seen, or multiplies
                                // negative ones; 1: no change
    int64_t seed;
};

struct sampler;

// For logits of VOCAB_SIZE values. Copies OPTIONS. Free with sampler_free().
struct sampler *sampler_new(const struct sampling_options *options, size_t vocab_size);
void sampler_free(struct sampler *sampler);

// Picks an id by LOGITS [vocab_size]. SEEN [count] are the ids of the sequence so far. The smallest
// of equal ids wins. Dies with STATUS_FAILURE if a logit is not a number.
int32_t sampler_pick(struct sampler *sampler, const float *logits, const int32_t *seen,
                     size_t count);

// Returns the natural logarithm of the probability of ID under LOGITS [vocab_size].
double sampling_log_probability(const float *logits, size_t vocab_size, int32_t id);

#endif
