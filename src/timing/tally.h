// SPDX-License-Identifier: BSD-2-Clause
// What the runs of a measurement have in common, and in what they differ.

#ifndef AOTI_TIMING_TALLY_H
#define AOTI_TIMING_TALLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/digest.h"
#include "timing/figures.h"
#include "timing/recording.h"

// All zero is the tally of no runs.
struct tally {
    struct figures *figures;  // owned, one a run
    size_t count;
    uint64_t answers, ids;  // of the last run
    char sha256[DIGEST_TEXT_SIZE];  // of its ids
    bool ids_agree;  // the other runs gave the same
};

void tally_add(struct tally *tally, const struct recording *recording,
               const struct figures *figures);
void tally_free(struct tally *tally);

#endif
