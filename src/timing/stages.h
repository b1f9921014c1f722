// SPDX-License-Identifier: BSD-2-Clause
// Stages that a command reports with its --stats: parts of the time to its first id.

#ifndef AOTI_TIMING_STAGES_H
#define AOTI_TIMING_STAGES_H

#include <stddef.h>

struct stage {
    char *name;
    double seconds;
    double bytes;  // bytes handled; 0: unknown
};

struct stages {
    struct stage *list;  // owned; in the order of the file
    size_t count;
};

// Reads the "stage" events of FILE, and the first "request" event as the stage "prefill". Ignores
// other lines. Warns if FILE cannot be read. Free with stages_free().
struct stages stages_read(const char *file);

// Returns the bytes of stage NAME; NAN if unknown.
double stages_bytes(const struct stages *stages, const char *name);
void stages_free(struct stages *stages);

#endif
