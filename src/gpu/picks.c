// SPDX-License-Identifier: BSD-2-Clause

#include "config.h"

#include "gpu/picks.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "common/diagnostics.h"
#include "common/memory.h"
#include "gpu/driver.h"
#include "gpu/kernels.h"

struct gpu_picks {
    struct gpu_pick pick;  // what kernels get, but for the logits
    size_t capacity, mask_size;
    uint32_t hidden;
    uint64_t draws;          // random numbers whose ids were taken
    volatile int32_t *answers;  // pick.answer, as the host sees it
    char *mask;              // a copy to write from
};

struct gpu_picks *gpu_picks_new(const struct gpu_picks_options *options, size_t vocab_size,
                                size_t capacity, size_t mask_size, uint32_t hidden)
{
    struct gpu_picks *self = xcalloc(1, sizeof *self);
    void *answers = gpu_allocate_shared(PICK_ANSWERS * sizeof(int32_t));
    self->capacity = capacity;
    self->mask_size = mask_size;
    self->hidden = hidden;
    self->answers = answers;
    self->mask = xcalloc(capacity + 1, mask_size);
    self->pick = (struct gpu_pick){
        .count = (int64_t)vocab_size,
        .sequence = gpu_allocate(sizeof(struct gpu_sequence)),
        .ids = gpu_allocate((capacity + 1) * sizeof(int32_t)),
        .mask = gpu_allocate((capacity + 1) * mask_size),
        .mask_size = (int32_t)mask_size,
        .answer = answers,  // the same address on both sides
        .bests = gpu_allocate(PICK_BLOCKS * sizeof(struct gpu_best)),
        .ticket = gpu_allocate(sizeof(uint32_t)),
        .draw = gpu_allocate(sizeof(struct gpu_draw)),
        .temperature = (float)options->temperature,
        .top_p = (float)options->top_p,
        .min_p = (float)options->min_p,
        .repetition_penalty = (float)options->repetition_penalty,
        .top_k = options->top_k,
        .seed = (uint64_t)options->seed,
    };
    if (options->repetition_penalty != 1)
        self->pick.penalized = gpu_allocate(vocab_size * sizeof(float));
    gpu_clear(self->pick.ticket, sizeof(uint32_t));
    gpu_clear(self->pick.draw, sizeof(struct gpu_draw));
    return self;
}

void gpu_picks_free(struct gpu_picks *self)
{
    if (self == NULL)
        return;
    gpu_release(self->pick.sequence);
    gpu_release(self->pick.ids);
    gpu_release(self->pick.mask);
    gpu_release(self->pick.bests);
    gpu_release(self->pick.ticket);
    gpu_release(self->pick.draw);
    gpu_release(self->pick.penalized);
    free(self->mask);
    free(self);
}

void *gpu_picks_id(const struct gpu_picks *self)
{
    return &self->pick.sequence->id;
}

void *gpu_picks_position(const struct gpu_picks *self)
{
    return &self->pick.sequence->position;
}

void *gpu_picks_mask(const struct gpu_picks *self)
{
    return self->pick.mask;
}

void gpu_picks_set(struct gpu_picks *self, const int32_t *ids, size_t count)
{
    const struct gpu_sequence sequence = {
        .id = ids[count - 1],
        .position = (int64_t)count - 1,
        .draws = self->draws,
    };
    for (size_t i = 0; i <= self->capacity; i++) {
        uint32_t bits = i < count ? 0 : self->hidden;
        memcpy(self->mask + i * self->mask_size, &bits, self->mask_size);
    }
    gpu_write(self->pick.sequence, &sequence, sizeof sequence);
    gpu_write(self->pick.ids, ids, count * sizeof *ids);
    gpu_write(self->pick.mask, self->mask, (self->capacity + 1) * self->mask_size);
}

static void launch(struct gpu_pick *pick, const char *kernel)
{
    driver_launch(&(struct launch){.kernel = kernel,
                                   .grid = {PICK_BLOCKS, 1},
                                   .threads = PICK_THREADS},
                  pick);
}

// Finds the limit of top_k or top_p, digit by digit.
static void limit(struct gpu_pick *pick, bool by_weight)
{
    static const int32_t shifts[] = {DRAW_SHIFT_FIRST, DRAW_SHIFT_SECOND, 0};
    pick->by_weight = by_weight;
    for (size_t i = 0; i < sizeof shifts / sizeof *shifts; i++) {
        pick->shift = shifts[i];
        launch(pick, "pick_select");
    }
    pick->is_limited = true;
}

// Draws an id; the largest logit is known.
static void draw(struct gpu_pick *pick)
{
    if (pick->top_k > 0 && pick->top_k < pick->count)
        limit(pick, false);
    if (pick->top_p < 1) {
        limit(pick, true);
        launch(pick, "pick_ties");
    }
    launch(pick, "pick_draw");
}

void gpu_picks_append(struct gpu_picks *self, const float *logits)
{
    struct gpu_pick pick = self->pick;
    pick.logits = logits;
    if (pick.penalized != NULL) {
        launch(&pick, "pick_copy");
        launch(&pick, "pick_penalize");
    }
    launch(&pick, "pick_largest");
    if (pick.temperature > 0)
        draw(&pick);
}

int32_t gpu_picks_answer(struct gpu_picks *self, size_t position)
{
    int32_t id = self->answers[position % PICK_ANSWERS];
    if (id == PICK_NOT_A_NUMBER)
        die(STATUS_FAILURE, "the model's output is not a number");
    self->draws++;
    return id;
}
