// SPDX-License-Identifier: BSD-2-Clause

#include "config.h"

#include "timing/progress.h"

#include <stdio.h>

#include "common/clock.h"

static const double pause_seconds = 0.2;

void progress_show(struct progress *progress, size_t done, size_t count)
{
    if (!progress->wanted || clock_seconds() < progress->next)
        return;
    fprintf(stderr, "\rrepeat %zu of %zu, answer %zu", progress->repeat, progress->repeats, done);
    if (count > 0)
        fprintf(stderr, " of %zu", count);
    progress->shown = true;
    progress->next = clock_seconds() + pause_seconds;
}

void progress_clear(struct progress *progress)
{
    if (progress->shown)
        fputs("\r\033[K", stderr);
    progress->shown = false;
}
