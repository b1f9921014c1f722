// SPDX-License-Identifier: BSD-2-Clause

#include "config.h"

#include "timing/tally.h"

#include <stdlib.h>
#include <string.h>

#include "common/memory.h"

void tally_add(struct tally *tally, const struct recording *recording,
               const struct figures *figures)
{
    bool agrees = strcmp(tally->sha256, recording->sha256) == 0;
    tally->ids_agree = tally->count == 0 || (tally->ids_agree && agrees);
    memcpy(tally->sha256, recording->sha256, sizeof tally->sha256);
    tally->answers = recording->complete;
    tally->ids = recording_ids(recording);
    tally->figures = xreallocarray(tally->figures, tally->count + 1, sizeof *tally->figures);
    tally->figures[tally->count++] = *figures;
}

void tally_free(struct tally *tally)
{
    free(tally->figures);
    *tally = (struct tally){0};
}
