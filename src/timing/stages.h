// SPDX-License-Identifier: BSD-2-Clause
// What a command says of itself with its --stats: where the time to its first id went.

#ifndef AOTI_TIMING_STAGES_H
#define AOTI_TIMING_STAGES_H

#include <stddef.h>

struct stage {
    char *name;
    double seconds;
    double bytes;  // that it was about; 0: not told
};

struct stages {
    struct stage *list;  // owned, in the order of the file
    size_t count;
};

// Reads the "stage" events of FILE and, as the stage "prefill", the first "request" event. Lines
// that are something else are passed over. A file that cannot be read is warned of.
struct stages stages_read(const char *file);

// Bytes of the stage NAME; NAN where there is none or it does not tell.
double stages_bytes(const struct stages *stages, const char *name);
void stages_free(struct stages *stages);

#endif
