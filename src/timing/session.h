// SPDX-License-Identifier: BSD-2-Clause
// One run of a command: asks, passes on what it answers, and notes when.

#ifndef AOTI_TIMING_SESSION_H
#define AOTI_TIMING_SESSION_H

#include <stdbool.h>
#include <stddef.h>

#include "timing/command.h"
#include "timing/progress.h"
#include "timing/recording.h"
#include "timing/requests.h"
#include "timing/signals.h"

struct session_options {
    char **command;  // NULL-terminated; NULL: standard input is followed
    const struct requests *requests;  // NULL where there is no command
    size_t concurrency;  // requests that are written and not answered, at most
    double timeout;      // seconds to wait for the command to do anything; 0: for ever
    bool tell_ready;     // name it a descriptor to say that it is ready
};

struct session_result {
    int status;     // what the program is to end with
    int signal;     // that ended the session from outside, or 0
    char *problem;  // what to say about it; owned; NULL: all is well
    bool ran;       // there was a command, and `end` tells of it
    struct command_end end;
};

// Runs the command to its end, or follows standard input. RECORDING is made here and freed by the
// caller in any case. Nothing is printed but the progress; the caller frees the problem.
struct session_result session_run(const struct session_options *options,
                                  const struct signals *signals, struct progress *progress,
                                  struct recording *recording);

#endif
