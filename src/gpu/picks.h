// SPDX-License-Identifier: BSD-2-Clause
// A sequence that grows on the GPU: where it stands, what of the cache is in use, and how the id
// that follows is chosen, without a word from the host.

#ifndef AOTI_GPU_PICKS_H
#define AOTI_GPU_PICKS_H

#include <stddef.h>
#include <stdint.h>

// As in model/sampling.h.
struct gpu_picks_options {
    double temperature, top_p, min_p, repetition_penalty;
    int64_t top_k, seed;
};

struct gpu_picks;

// For logits of VOCAB_SIZE values and sequences of CAPACITY ids. An element of the mask has
// MASK_SIZE bytes, of which HIDDEN are those that hide a position. The caller's to free.
struct gpu_picks *gpu_picks_new(const struct gpu_picks_options *options, size_t vocab_size,
                                size_t capacity, size_t mask_size, uint32_t hidden);
void gpu_picks_free(struct gpu_picks *picks);

// Inputs of the decoding graph: the last id, int64 [1, 1], its position, int64 [1], and what is
// added to the scores of the keys, [capacity + 1]. They stay where they are.
void *gpu_picks_id(const struct gpu_picks *picks);
void *gpu_picks_position(const struct gpu_picks *picks);
void *gpu_picks_mask(const struct gpu_picks *picks);

// Has the sequence be the COUNT ids given, at least one.
void gpu_picks_set(struct gpu_picks *picks, const int32_t *ids, size_t count);

// Puts into the stream: choose an id by LOGITS, float32 [vocab_size] on the GPU, and append it.
void gpu_picks_append(struct gpu_picks *picks, const float *logits);

// The id that was chosen for POSITION, once the stream is past it. Ends with STATUS_FAILURE where
// a logit was not a number.
int32_t gpu_picks_answer(struct gpu_picks *picks, size_t position);

#endif
