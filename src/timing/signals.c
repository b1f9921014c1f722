// SPDX-License-Identifier: BSD-2-Clause

#include "config.h"

#include "timing/signals.h"

#include <stdlib.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "common/diagnostics.h"

bool signals_is_ignored(int signal)
{
    struct sigaction action;
    return sigaction(signal, NULL, &action) == 0 && action.sa_handler == SIG_IGN;
}

struct signals signals_open(void)
{
    static const int ends[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
    struct signals signals;
    sigset_t held;
    sigemptyset(&held);
    sigaddset(&held, SIGCHLD);
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        if (!signals_is_ignored(ends[i]))
            sigaddset(&held, ends[i]);
    signal(SIGCHLD, SIG_DFL);  // wait4(2) fails if SIGCHLD is ignored
    signals.descriptor = signalfd(-1, &held, SFD_CLOEXEC | SFD_NONBLOCK);
    sigaddset(&held, SIGPIPE);  // write(2) fails with EPIPE instead, which tells the pipe
    if (signals.descriptor < 0 || sigprocmask(SIG_BLOCK, &held, &signals.before) != 0)
        die_errno(STATUS_FAILURE, "signalfd");
    return signals;
}

int signals_next(const struct signals *signals)
{
    struct signalfd_siginfo info;
    if (read(signals->descriptor, &info, sizeof info) != (ssize_t)sizeof info)
        return 0;
    return (int)info.ssi_signo;
}

void signals_die(int number)
{
    sigset_t one;
    sigemptyset(&one);
    sigaddset(&one, number);
    signal(number, SIG_DFL);
    raise(number);
    sigprocmask(SIG_UNBLOCK, &one, NULL);
    abort();  // unreachable: unblocking delivers the signal
}
