// SPDX-License-Identifier: BSD-2-Clause
// One run of a command: sends requests, copies the answers to standard output, and records them.

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
    char **command;  // NULL-terminated; NULL: measure standard input
    const struct requests *requests;  // NULL if command is NULL
    size_t concurrency;  // maximum of requests sent and not answered
    double timeout;      // seconds without any progress before the command is stopped; 0: no limit
    bool tell_ready;     // set AOTI_READY_FD for the command
};

struct session_result {
    int status;     // exit status for the program
    int signal;     // signal that ended the session, or 0
    char *problem;  // error message; owned; NULL: success
    bool ran;       // the command was started; `end` is valid
    struct command_end end;
};

// Runs the command to its end, or measures standard input. Initializes RECORDING; free it with
// recording_free(), whatever the result. Prints only the progress: the caller prints and frees the
// problem of the result.
struct session_result session_run(const struct session_options *options,
                                  const struct signals *signals, struct progress *progress,
                                  struct recording *recording);

#endif
