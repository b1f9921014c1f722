// SPDX-License-Identifier: BSD-2-Clause
// A sequence that grows on the GPU: its position, the part of the cache in use, and the choice of
// the next id, without involving the host.

#ifndef AOTI_GPU_PICKS_H
#define AOTI_GPU_PICKS_H

#include <stddef.h>
#include <stdint.h>

// See struct sampling_options in model/sampling.h.
struct gpu_picks_options {
    double temperature, top_p, min_p, repetition_penalty;
    int64_t top_k, seed;
};

struct gpu_picks;

// For logits of VOCAB_SIZE values and sequences of CAPACITY ids. An element of the mask has
// MASK_SIZE bytes; HIDDEN are the bytes that hide a position. Free with gpu_picks_free().
struct gpu_picks *gpu_picks_new(const struct gpu_picks_options *options, size_t vocab_size,
                                size_t capacity, size_t mask_size, uint32_t hidden);
void gpu_picks_free(struct gpu_picks *picks);

// Inputs of the decode graph: the last id, int64 [1, 1], its position, int64 [1], and what is added
// to the scores of the keys, [capacity + 1]. Their addresses never change.
void *gpu_picks_id(const struct gpu_picks *picks);
void *gpu_picks_position(const struct gpu_picks *picks);
void *gpu_picks_mask(const struct gpu_picks *picks);

// Sets the sequence to COUNT >= 1 ids.
void gpu_picks_set(struct gpu_picks *picks, const int32_t *ids, size_t count);

// Queues: choose an id by LOGITS, float32 [vocab_size] on the GPU, and append it.
void gpu_picks_append(struct gpu_picks *picks, const float *logits);

// Returns the id chosen for POSITION, once the stream is past it. Dies with STATUS_FAILURE if a
// logit was not a number.
int32_t gpu_picks_answer(struct gpu_picks *picks, size_t position);

#endif
