// SPDX-License-Identifier: BSD-2-Clause Signals as input: read between two steps of a run, by
// signalfd(2), instead of interrupting a step.

#ifndef AOTI_TIMING_SIGNALS_H
#define AOTI_TIMING_SIGNALS_H

#include <signal.h>
#include <stdbool.h>

struct signals {
    int descriptor;   // readable when a signal is pending
    sigset_t before;  // signal mask for commands
};

// Blocks SIGCHLD, SIGPIPE and the signals that end the program, except those that the parent
// process ignored. Dies with STATUS_FAILURE.
struct signals signals_open(void);

// Returns the next pending signal, or 0.
int signals_next(const struct signals *signals);

// Returns true if the parent process ignored SIGNAL.
bool signals_is_ignored(int signal);

// Kills this process by SIGNAL, which is blocked.
_Noreturn void signals_die(int signal);

#endif
