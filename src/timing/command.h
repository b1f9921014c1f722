// SPDX-License-Identifier: BSD-2-Clause
// A command with pipes for its input, its output and its word that it is ready.

#ifndef AOTI_TIMING_COMMAND_H
#define AOTI_TIMING_COMMAND_H

#include <signal.h>
#include <stdbool.h>
#include <sys/types.h>

// What a command that could not be started has for its exit status, as in a shell.
enum { COMMAND_CANNOT_RUN = 126, COMMAND_NOT_FOUND = 127 };

struct command {
    pid_t process;  // leads a process group of its own; 0: none runs
    int input;      // our ends of its pipes; non-blocking; -1: closed
    int output;
    int ready;
    double started;  // seconds of CLOCK_MONOTONIC, just before fork
    int start_error;  // errno, where it could not be started; nothing else is set then
};

// How a command ended.
struct command_end {
    int wait_status;  // of waitpid(2)
    double at;        // seconds of CLOCK_MONOTONIC
    double peak_rss;  // bytes, of the largest of its processes
    double cpu;       // seconds, user and system, of all its processes that were waited for
};

// Starts ARGV, looked up in PATH, with the signal mask MASK. Where TELL_READY, the environment
// names the descriptor AOTI_READY_FD. Dies with STATUS_FAILURE where there are no resources.
struct command command_start(char **argv, bool tell_ready, const sigset_t *mask);

// Closes one of our ends, if it is open.
void command_close(int *descriptor);

// Sends SIGNAL to all processes of the command's group.
void command_signal(const struct command *command, int signal);

// Whether the command has ended, which is then noted in END.
bool command_reap(struct command *command, struct command_end *end);

// Makes the command end: closes its pipes, asks it by SIGNAL, kills it after two seconds.
void command_stop(struct command *command, int signal, struct command_end *end);

#endif
