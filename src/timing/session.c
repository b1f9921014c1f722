// SPDX-License-Identifier: BSD-2-Clause

#include "config.h"

#include "timing/session.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <math.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/diagnostics.h"
#include "common/memory.h"
#include "common/stream.h"

enum {
    PIECE_SIZE = 65536,
    WRITE_SIZE = PIPE_BUF,  // what a writable pipe surely takes
};

// How long a command that closed a pipe may take to end: why it ended is the better message.
static const double grace_seconds = 1;

struct session {
    const struct session_options *options;
    const struct signals *signals;
    struct progress *progress;
    struct recording *recording;
    struct command command;
    size_t written;        // bytes of the request that is being written
    bool is_writing;       // it is not whole yet
    bool input_refused;    // the command closed its input
    bool is_over;
    double last_event;     // seconds of CLOCK_MONOTONIC
    struct session_result result;
    char piece[PIECE_SIZE];
};

// The command's name in messages.
static const char *name_of(const struct session *session)
{
    return session->options->command != NULL ? session->options->command[0] : "(stdin)";
}

// Ends the session with the first thing that went wrong. Takes PROBLEM.
static void fail(struct session *session, int status, char *problem)
{
    session->is_over = true;
    if (session->result.problem != NULL) {
        free(problem);
        return;
    }
    session->result.problem = problem;
    session->result.status = status;
}

static size_t request_count(const struct session *session)
{
    return session->options->requests != NULL ? session->options->requests->count : 0;
}

static void take_signals(struct session *session)
{
    for (int number; (number = signals_next(session->signals)) != 0;) {
        if (number == SIGCHLD) {
            if (command_reap(&session->command, &session->result.end))
                session->is_over = true;
        } else if (session->result.signal == 0) {
            session->result.signal = number;
            fail(session, 128 + number, xasprintf("interrupted by %s", strsignal(number)));
        }
    }
}

// --- Passing on ----------------------------------------------------------------------------

static void write_some(struct session *session, const char **data, size_t *size)
{
    ssize_t written = write(STDOUT_FILENO, *data, *size < WRITE_SIZE ? *size : WRITE_SIZE);
    if (written >= 0) {
        *data += written;
        *size -= (size_t)written;
    } else if (errno == EPIPE && !signals_is_ignored(SIGPIPE)) {
        session->result.signal = SIGPIPE;
        fail(session, 128 + SIGPIPE, xasprintf("(stdout): %s", strerror(EPIPE)));
    } else if (errno != EAGAIN && errno != EINTR) {
        fail(session, STATUS_FAILURE, xasprintf("(stdout): %s", strerror(errno)));
    }
}

// Writes to standard output, never so that a signal would have to wait for its reader.
static void pass_on(struct session *session, const char *data, size_t size)
{
    while (size > 0 && session->result.problem == NULL) {
        struct pollfd polled[] = {
            {.fd = STDOUT_FILENO, .events = POLLOUT},
            {.fd = session->signals->descriptor, .events = POLLIN},
        };
        poll(polled, 2, -1);
        if (polled[0].revents != 0)
            write_some(session, &data, &size);
        if (polled[1].revents != 0)
            take_signals(session);
    }
}

// --- Reading -------------------------------------------------------------------------------

// Returns the message for BYTE, at which the scan stopped. Free with free().
static char *describe_byte(const struct session *session, unsigned char byte)
{
    const struct scan *scan = &session->recording->scan;
    char *what;
    if (isdigit(byte) && scan->value > TOKEN_ID_MAX)
        what = xasprintf("token id above %d", TOKEN_ID_MAX);
    else if (isdigit(byte))
        what = xasprintf("token id has more than %d digits", TOKEN_DIGITS_MAX);
    else
        what = xasprintf(isgraph(byte) ? "expected a decimal token id, not '%c'"
                                       : "expected a decimal token id, not byte 0x%02x", byte);
    char *text = xasprintf("%s:%llu:%llu: %s", name_of(session), (unsigned long long)scan->line,
                           (unsigned long long)scan->column, what);
    free(what);
    return text;
}

static void take_bytes(struct session *session, size_t size, double now)
{
    unsigned char byte;
    switch (recording_bytes(session->recording, session->piece, size, now, &byte)) {
    case RECORDING_GOES_ON:
        break;
    case RECORDING_MALFORMED:
        fail(session, STATUS_INPUT, describe_byte(session, byte));
        break;
    case RECORDING_UNASKED:
        fail(session, STATUS_INPUT,
             xasprintf("%s: more answers than requests (%zu sent)", name_of(session),
                       session->recording->count));
        break;
    }
    progress_show(session->progress, session->recording->complete, request_count(session));
}

// Returns whether there may be more.
static bool read_output(struct session *session)
{
    ssize_t got = read(session->command.output, session->piece, sizeof session->piece);
    double now = clock_seconds();
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return false;
    if (got < 0)
        fail(session, STATUS_FAILURE, xasprintf("%s: %s", name_of(session), strerror(errno)));
    if (got <= 0) {
        command_close(&session->command.output);
        session->last_event = now;
        return false;
    }
    pass_on(session, session->piece, (size_t)got);
    take_bytes(session, (size_t)got, now);
    session->last_event = clock_seconds();
    return true;
}

static void read_ready(struct session *session)
{
    char byte;
    if (read(session->command.ready, &byte, 1) == 1)
        recording_ready(session->recording, clock_seconds());
    command_close(&session->command.ready);
    session->last_event = clock_seconds();
}

// --- Asking --------------------------------------------------------------------------------

// Whether a request is to be written, or the rest of one.
static bool may_ask(const struct session *session)
{
    const struct recording *recording = session->recording;
    if (session->is_writing)
        return true;
    return recording->count < request_count(session)
           && recording->count - recording->complete < session->options->concurrency;
}

static void write_request(struct session *session)
{
    struct recording *recording = session->recording;
    const struct requests *requests = session->options->requests;
    if (!session->is_writing) {
        session->is_writing = true;
        session->written = 0;
        recording_request(recording, clock_seconds(), requests_ids(requests, recording->count));
    }
    size_t size;
    const char *line = requests_line(requests, recording->count - 1, &size);
    ssize_t written =
        write(session->command.input, line + session->written, size - session->written);
    if (written < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    session->last_event = clock_seconds();
    if (written < 0) {
        session->input_refused = true;
        command_close(&session->command.input);
        return;
    }
    session->written += (size_t)written;
    session->is_writing = session->written < size;
    // The end of its input is what a command that has no more to do must see.
    if (!session->is_writing && recording->count == requests->count)
        command_close(&session->command.input);
}

static void refuse_input(struct session *session)
{
    session->input_refused = true;
    session->last_event = clock_seconds();
    command_close(&session->command.input);
}

// --- Waiting -------------------------------------------------------------------------------

// Whether the command can give no more answers, though it runs.
static bool has_given_up(const struct session *session)
{
    const struct recording *recording = session->recording;
    if (session->options->command == NULL || recording->complete == request_count(session))
        return false;
    return session->command.output < 0
           || (session->input_refused
               && (recording->complete == recording->count || session->is_writing));
}

static char *describe_giving_up(const struct session *session)
{
    const struct recording *recording = session->recording;
    return xasprintf("%s: closed its %s after %zu of %zu answers", name_of(session),
                     session->input_refused ? "input" : "output", recording->complete,
                     request_count(session));
}

// Seconds until something must have happened; infinite where it need not.
static double time_left(const struct session *session)
{
    double limit = session->options->timeout > 0 ? session->options->timeout : INFINITY;
    if (has_given_up(session))
        limit = grace_seconds;
    return session->last_event + limit - clock_seconds();
}

static void run_out_of_time(struct session *session)
{
    if (has_given_up(session))
        fail(session, STATUS_FAILURE, describe_giving_up(session));
    else
        fail(session, STATUS_FAILURE,
             xasprintf("%s: timed out: no output for %g seconds after %zu answers", name_of(session),
                       session->options->timeout, session->recording->complete));
}

static int milliseconds(double left)
{
    if (left > INT_MAX / 1000)
        return -1;
    return left > 0 ? (int)ceil(left * 1000) : 0;
}

// Waits for the next thing to do and does it. What the command says counts before what it does.
static void step(struct session *session)
{
    struct command *command = &session->command;
    struct pollfd polled[] = {
        {.fd = command->ready, .events = POLLIN},
        {.fd = command->output, .events = POLLIN},
        {.fd = command->input, .events = may_ask(session) ? POLLOUT : 0},
        {.fd = session->signals->descriptor, .events = POLLIN},
    };
    int found = poll(polled, sizeof polled / sizeof *polled, milliseconds(time_left(session)));
    if (found == 0 && time_left(session) <= 0)
        run_out_of_time(session);
    if (found <= 0)
        return;
    if (polled[0].revents != 0)
        read_ready(session);
    if (polled[1].revents != 0)
        read_output(session);
    if (polled[2].revents & POLLOUT)
        write_request(session);
    else if (polled[2].revents & POLLERR)
        refuse_input(session);
    if (polled[3].revents != 0)
        take_signals(session);
    if (command->process == 0 && command->output < 0)
        session->is_over = true;
}

// --- The verdict ---------------------------------------------------------------------------

static char *describe_end(const struct session *session, int wait_status)
{
    const struct recording *recording = session->recording;
    char *how = WIFSIGNALED(wait_status)
                    ? xasprintf("killed by signal %d (%s)", WTERMSIG(wait_status),
                                strsignal(WTERMSIG(wait_status)))
                    : xasprintf("exited with status %d", WEXITSTATUS(wait_status));
    char *text = xasprintf("%s: %s after %zu of %zu answers%s", name_of(session), how,
                           recording->complete, request_count(session),
                           scan_is_whole(&recording->scan) ? "" : ", in the middle of one");
    free(how);
    return text;
}

// Looks at what a command that ended by itself left undone.
static void judge(struct session *session)
{
    const struct recording *recording = session->recording;
    int wait_status = session->result.end.wait_status;
    if (session->result.ran && wait_status != 0)
        fail(session, STATUS_FAILURE, describe_end(session, wait_status));
    else if (!scan_is_whole(&recording->scan))
        fail(session, STATUS_INPUT,
             xasprintf("%s:%llu:%llu: stream ended inside a sequence", name_of(session),
                       (unsigned long long)recording->scan.line,
                       (unsigned long long)recording->scan.column));
    else if (session->result.ran && recording->complete < request_count(session))
        fail(session, STATUS_FAILURE, describe_end(session, wait_status));
}

static void run_to_end(struct session *session)
{
    session->last_event = clock_seconds();
    if (may_ask(session))
        write_request(session);  // before anything that the command says can be looked at
    while (!session->is_over)
        step(session);
    while (session->command.output >= 0 && session->result.problem == NULL && session->result.ran
           && read_output(session))
        continue;
    if (session->command.process > 0)
        command_stop(&session->command,
                     session->result.signal != 0 ? session->result.signal : SIGTERM,
                     &session->result.end);
    else if (session->result.problem == NULL)
        judge(session);
    recording_finish(session->recording,
                     session->result.ran ? session->result.end.at : session->last_event);
}

static void fail_to_start(struct session *session)
{
    int error = session->command.start_error;
    fail(session, error == ENOENT ? COMMAND_NOT_FOUND : COMMAND_CANNOT_RUN,
         xasprintf("%s: %s", name_of(session), strerror(error)));
    recording_finish(session->recording, session->command.started);
}

struct session_result session_run(const struct session_options *options,
                                  const struct signals *signals, struct progress *progress,
                                  struct recording *recording)
{
    struct session *session = xmalloc(sizeof *session);
    *session = (struct session){
        .options = options, .signals = signals, .progress = progress, .recording = recording};
    if (options->command != NULL)
        session->command = command_start(options->command, options->tell_ready, &signals->before);
    else
        session->command = (struct command){
            .input = -1, .output = STDIN_FILENO, .ready = -1, .started = clock_seconds()};
    *recording = recording_begin(session->command.started, options->command == NULL);
    session->result.ran = options->command != NULL && session->command.start_error == 0;
    if (session->command.start_error != 0)
        fail_to_start(session);
    else
        run_to_end(session);
    command_close(&session->command.input);
    command_close(&session->command.output);
    command_close(&session->command.ready);
    struct session_result result = session->result;
    free(session);
    return result;
}
