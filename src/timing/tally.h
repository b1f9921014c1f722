// SPDX-License-Identifier: BSD-2-Clause
// Figures of all runs, and whether their ids agree.

#ifndef AOTI_TIMING_TALLY_H
#define AOTI_TIMING_TALLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/digest.h"
#include "timing/figures.h"
#include "timing/recording.h"

// Totals over runs. {0} is a tally of no runs.
struct tally {
    struct figures *figures;  // owned; [count], one per run
    size_t count;
    uint64_t answers, ids;          // counts of the last run
    char sha256[DIGEST_TEXT_SIZE];  // digest of the ids of the last run
    bool ids_agree;                 // all runs gave the same ids
};

// Adds a run. Copies what it needs.
void tally_add(struct tally *tally, const struct recording *recording,
               const struct figures *figures);
void tally_free(struct tally *tally);

#endif
