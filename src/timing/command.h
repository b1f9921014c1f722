// SPDX-License-Identifier: BSD-2-Clause
// A child process with pipes for its input, its output and its readiness.

#ifndef AOTI_TIMING_COMMAND_H
#define AOTI_TIMING_COMMAND_H

#include <signal.h>
#include <stdbool.h>
#include <sys/types.h>

// Exit statuses for a command that could not be started, as in a shell.
enum { COMMAND_CANNOT_RUN = 126, COMMAND_NOT_FOUND = 127 };

struct command {
    pid_t process;  // leader of its own process group; 0: not running
    int input;      // our ends of its pipes, non-blocking; -1: closed
    int output;
    int ready;
    double started;   // CLOCK_MONOTONIC in seconds, just before fork
    int start_error;  // errno if the command could not be started, else 0
};

// The end of a command.
struct command_end {
    int wait_status;  // see waitpid(2)
    double at;        // CLOCK_MONOTONIC in seconds
    double peak_rss;  // bytes, of its largest process
    double cpu;       // seconds, user and system, of all its processes that were waited for
};

// Starts ARGV, found in PATH, with the signal mask MASK. If TELL_READY, sets AOTI_READY_FD for the
// command. Dies with STATUS_FAILURE if pipe(2) or fork(2) fails. Stop with command_stop().
struct command command_start(char **argv, bool tell_ready, const sigset_t *mask);

// Closes *DESCRIPTOR if it is open, and sets it to -1.
void command_close(int *descriptor);

// Sends SIGNAL to the process group of the command.
void command_signal(const struct command *command, int signal);

// Returns true if the command has ended, and stores how in *END. Does not wait.
bool command_reap(struct command *command, struct command_end *end);

// Stops the command: closes its pipes, sends SIGNAL, and after two seconds SIGKILL. Stores the end
// in *END.
void command_stop(struct command *command, int signal, struct command_end *end);

#endif
