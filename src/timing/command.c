// SPDX-License-Identifier: BSD-2-Clause

#include "config.h"

#include "timing/command.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/diagnostics.h"
#include "common/memory.h"

static const double seconds_to_stop = 2;

struct pipe {
    int read, write;
};

static struct pipe make_pipe(void)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0)
        die_errno(STATUS_FAILURE, "pipe");
    return (struct pipe){.read = ends[0], .write = ends[1]};
}

static void set_non_blocking(int descriptor)
{
    fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK);
}

struct pipes {
    struct pipe input, output, ready, error;
    int announced;  // value of AOTI_READY_FD; -1: none
};

// Returns the descriptor for AOTI_READY_FD: one digit, since shells accept no more in a
// redirection, that is free or that exec will close. If there is none, returns the descriptor of
// the pipe.
static int choose_announced(const struct pipes *pipes)
{
    for (int descriptor = STDERR_FILENO + 1; descriptor <= 9; descriptor++) {
        int flags = fcntl(descriptor, F_GETFD);
        if ((flags < 0 || (flags & FD_CLOEXEC) != 0) && descriptor != pipes->error.write)
            return descriptor;
    }
    return pipes->ready.write;
}

// Turns the child process into ARGV. If exec fails, writes errno to the error pipe; if exec
// succeeds, it closes that pipe.
static _Noreturn void become(char **argv, const struct pipes *pipes, const sigset_t *mask)
{
    setpgid(0, 0);
    dup2(pipes->input.read, STDIN_FILENO);
    dup2(pipes->output.write, STDOUT_FILENO);
    if (pipes->announced >= 0)
        dup2(pipes->ready.write, pipes->announced);
    if (pipes->announced == pipes->ready.write)
        fcntl(pipes->announced, F_SETFD, 0);
    sigprocmask(SIG_SETMASK, mask, NULL);
    execvp(argv[0], argv);
    ssize_t ignored = write(pipes->error.write, &errno, sizeof errno);
    (void)ignored;  // the parent then sees an empty error pipe
    _exit(COMMAND_NOT_FOUND);
}

// Returns errno of the child's exec, or 0 if exec succeeded.
static int wait_for_exec(int descriptor)
{
    int error = 0;
    while (read(descriptor, &error, sizeof error) < 0 && errno == EINTR)
        continue;
    return error;
}

static void name_ready_descriptor(int descriptor)
{
    char *text = xasprintf("%d", descriptor);
    if (descriptor >= 0)
        setenv("AOTI_READY_FD", text, 1);
    else
        unsetenv("AOTI_READY_FD");
    free(text);
}

static struct command adopt(pid_t process, const struct pipes *pipes, double started)
{
    struct command command = {
        .process = process,
        .input = pipes->input.write,
        .output = pipes->output.read,
        .ready = pipes->ready.read,
        .started = started,
        .start_error = wait_for_exec(pipes->error.read),
    };
    close(pipes->error.read);
    set_non_blocking(command.input);
    set_non_blocking(command.output);
    if (command.start_error != 0) {
        struct command_end end;
        command_stop(&command, SIGKILL, &end);
    }
    return command;
}

struct command command_start(char **argv, bool tell_ready, const sigset_t *mask)
{
    struct pipes pipes = {
        .input = make_pipe(),
        .output = make_pipe(),
        .ready = tell_ready ? make_pipe() : (struct pipe){-1, -1},
        .error = make_pipe(),
    };
    pipes.announced = tell_ready ? choose_announced(&pipes) : -1;
    name_ready_descriptor(pipes.announced);
    double started = clock_seconds();
    pid_t process = fork();
    if (process < 0)
        die_errno(STATUS_FAILURE, "fork");
    if (process == 0)
        become(argv, &pipes, mask);
    setpgid(process, process);  // the child does this, too; either may be first
    close(pipes.input.read);
    close(pipes.output.write);
    close(pipes.error.write);
    if (tell_ready)
        close(pipes.ready.write);
    return adopt(process, &pipes, started);
}

void command_close(int *descriptor)
{
    if (*descriptor >= 0)
        close(*descriptor);
    *descriptor = -1;
}

void command_signal(const struct command *command, int signal)
{
    if (command->process > 0)
        kill(-command->process, signal);
}

static double seconds(const struct timeval *time)
{
    return (double)time->tv_sec + 1e-6 * (double)time->tv_usec;
}

bool command_reap(struct command *command, struct command_end *end)
{
    struct rusage usage;
    if (command->process <= 0
        || wait4(command->process, &end->wait_status, WNOHANG, &usage) != command->process)
        return false;
    command->process = 0;
    end->at = clock_seconds();
    end->peak_rss = 1024 * (double)usage.ru_maxrss;
    end->cpu = seconds(&usage.ru_utime) + seconds(&usage.ru_stime);
    return true;
}

void command_stop(struct command *command, int signal, struct command_end *end)
{
    command_close(&command->input);
    command_close(&command->output);
    command_close(&command->ready);
    pid_t group = command->process;
    command_signal(command, signal);
    command_signal(command, SIGCONT);  // a stopped process cannot act on SIGNAL
    double limit = clock_seconds() + seconds_to_stop;
    while (command->process > 0 && !command_reap(command, end)) {
        if (clock_seconds() > limit)
            command_signal(command, SIGKILL);
        poll(NULL, 0, 1);
    }
    if (group > 0)
        kill(-group, SIGKILL);  // processes that the command left running
}
