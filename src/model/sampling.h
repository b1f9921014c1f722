// SPDX-License-Identifier: BSD-2-Clause
// From logits to an id: the largest, or a draw from the distribution that is left after the usual
// restrictions, in the order and with the meaning that Hugging Face transformers gives them.

#ifndef AOTI_MODEL_SAMPLING_H
#define AOTI_MODEL_SAMPLING_H

#include <stddef.h>
#include <stdint.h>

// The numbers of the user. Each step is left out at its neutral value.
struct sampling_options {
    double temperature;         // logits are divided by it; 0: always the largest
    int64_t top_k;              // only the K largest; 0: all
    double top_p;               // only the fewest whose probabilities sum to at least P; 1: all
    double min_p;               // only those at least MIN_P times as probable as the first; 0: all
    double repetition_penalty;  // logits of ids already seen are divided (or, where negative,
                                // multiplied) by it; 1: no change
    int64_t seed;
};

struct sampler;

// For logits of VOCAB_SIZE values. OPTIONS is copied. The caller gives it to sampler_free.
struct sampler *sampler_new(const struct sampling_options *options, size_t vocab_size);
void sampler_free(struct sampler *sampler);

// Picks an id by LOGITS [vocab_size], which are not changed. SEEN are the COUNT ids of the sequence
// so far. Equal values: the smallest id wins. Ends with STATUS_FAILURE where a logit is not a
// number.
int32_t sampler_pick(struct sampler *sampler, const float *logits, const int32_t *seen,
                     size_t count);

// The natural logarithm of the probability that LOGITS [vocab_size] give ID.
double sampling_log_probability(const float *logits, size_t vocab_size, int32_t id);

#endif
