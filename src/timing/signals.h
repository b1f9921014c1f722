// SPDX-License-Identifier: BSD-2-Clause
// Signals that are read like input, between two steps of a run and never inside one.

#ifndef AOTI_TIMING_SIGNALS_H
#define AOTI_TIMING_SIGNALS_H

#include <signal.h>
#include <stdbool.h>

struct signals {
    int descriptor;   // readable when a signal is there
    sigset_t before;  // the mask that a command gets
};

// Blocks the signals that would end the program, but not those that it was started to ignore, and
// SIGCHLD and SIGPIPE.
struct signals signals_open(void);

// The next signal, or 0 where none is there.
int signals_next(const struct signals *signals);

// Whether the program was started to ignore SIGNAL.
bool signals_is_ignored(int signal);

// Ends the program by SIGNAL, which was held back.
_Noreturn void signals_die(int signal);

#endif
