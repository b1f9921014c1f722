// SPDX-License-Identifier: BSD-2-Clause
// aoti-time - measure a program that writes a token stream, from the start of its process

#include "config.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/diagnostics.h"
#include "common/io.h"
#include "common/json.h"
#include "common/memory.h"
#include "common/options.h"
#include "timing/bandwidth.h"
#include "timing/comparison.h"
#include "timing/figures.h"
#include "timing/host.h"
#include "timing/page_cache.h"
#include "timing/report.h"
#include "timing/requests.h"
#include "timing/session.h"
#include "timing/stages.h"
#include "timing/table.h"
#include "timing/tally.h"

// What the user asked for.
static const char *requests_file, *json_file, *label, *stats_file;
static int64_t num_requests, repeats = 1, concurrency = 1;
static double timeout;
static int measure_bandwidth, no_ready, quiet, compare;
static const char **evict_files;
static size_t evict_count;
static double package_bytes = NAN;  // not told
static json_t *notes;

static void add_evict(const char *name, const char *argument)
{
    (void)name;  // there is no bad argument
    evict_files = xreallocarray(evict_files, evict_count + 1, sizeof *evict_files);
    evict_files[evict_count++] = argument;
}

static void add_package(const char *name, const char *argument)
{
    (void)name;  // what is wrong is the file
    struct stat info;
    if (stat(argument, &info) != 0)
        die_errno(STATUS_FAILURE, "%s", argument);
    package_bytes = (isnan(package_bytes) ? 0 : package_bytes) + (double)info.st_size;
}

static void add_note(const char *name, const char *argument)
{
    const char *equals = strchr(argument, '=');
    if (equals == NULL || equals == argument)
        die_usage("invalid argument '%s' for --%s: expected NAME=VALUE", argument, name);
    char *key = xasprintf("%.*s", (int)(equals - argument), argument);
    if (json_object_set_new(notes, key, json_new_text(equals + 1)) != 0)
        die_usage("invalid argument '%s' for --%s: name is not UTF-8", argument, name);
    free(key);
}

static const struct option_spec options[] = {
    {.kind = OPTION_TEXT, .letter = 'r', .name = "requests", .argument = "FILE",
     .help = "read requests from FILE (default: standard input)",
     .target = &requests_file},
    {.kind = OPTION_INTEGER, .letter = 'n', .name = "num-requests", .argument = "N",
     .help = "send N requests, starting again after the last line\n(default: each line once)",
     .target = &num_requests, .minimum = 1, .maximum = INT32_MAX},
    {.kind = OPTION_INTEGER, .letter = 'R', .name = "repeats", .argument = "N",
     .help = "run COMMAND N times, each in a fresh process\n(default: 1)", .target = &repeats,
     .minimum = 1, .maximum = 1000000},
    {.kind = OPTION_INTEGER, .name = "concurrency", .argument = "N",
     .help = "send the next request while fewer than N are\nunanswered (default: 1)",
     .target = &concurrency, .minimum = 1, .maximum = INT32_MAX},
    {.kind = OPTION_NUMBER, .letter = 't', .name = "timeout", .argument = "SECONDS",
     .help = "stop COMMAND if it neither reads nor writes anything\nfor SECONDS",
     .target = &timeout, .lowest = 1e-3, .highest = 1e9},
    {.kind = OPTION_TEXT, .letter = 'l', .name = "label", .argument = "NAME",
     .help = "use NAME for the measurement in reports and tables", .target = &label},
    {.kind = OPTION_TEXT, .letter = 'j', .name = "json", .argument = "FILE",
     .help = "write a report of JSON lines to FILE", .target = &json_file},
    {.kind = OPTION_TEXT, .letter = 's', .name = "stats", .argument = "FILE",
     .help = "report the stages that COMMAND writes to FILE with its\nown --stats",
     .target = &stats_file},
    {.kind = OPTION_CALL, .name = "evict", .argument = "FILE",
     .help = "drop FILE from the page cache before each run; may be\nrepeated",
     .call = add_evict},
    {.kind = OPTION_SET, .name = "bandwidth",
     .help = "report how fast memory is read, and the share of that\nrate that decoding reaches",
     .target = &measure_bandwidth, .value = 1},
    {.kind = OPTION_CALL, .name = "package", .argument = "FILE",
     .help = "assume that each id reads the size of FILE; may be\n"
             "repeated (default: taken from --stats)",
     .call = add_package},
    {.kind = OPTION_SET, .name = "no-ready",
     .help = "do not set AOTI_READY_FD for COMMAND", .target = &no_ready,
     .value = 1},
    {.kind = OPTION_CALL, .name = "note", .argument = "NAME=VALUE",
     .help = "add a note to the report; may be repeated", .call = add_note},
    {.kind = OPTION_SET, .letter = 'q', .name = "quiet",
     .help = "print no table and no progress", .target = &quiet, .value = 1},
    {.kind = OPTION_SET, .name = "compare",
     .help = "compare the reports given as operands", .target = &compare, .value = 1},
    {.kind = OPTION_END},
};

static const struct program program = {
    .name = "aoti-time",
    .operands = "[--] [COMMAND [ARG]...]",
    .summary = "Measure COMMAND, which answers token streams, or the stream on standard input.",
    .options = options,
};

// Options that mean something only where there is a command.
static void check_options(bool has_command)
{
    if (!has_command
        && (requests_file != NULL || num_requests != 0 || repeats != 1 || concurrency != 1
            || stats_file != NULL || evict_count != 0 || no_ready))
        die_usage("missing operand: COMMAND");
}

static void compare_reports(char **reports, int count)
{
    if (count < 2)
        die_usage("--compare requires at least two reports");
    comparison_print(stdout, reports, (size_t)count);
    stdout_close();
}

// 1: all were; 0: not all; -1: none was asked for.
static int evict(void)
{
    int all = evict_count > 0 ? 1 : -1;
    for (size_t i = 0; i < evict_count; i++)
        if (!page_cache_evict(evict_files[i]))
            all = 0;
    return all;
}

// What the command of an earlier run wrote must not be taken for this one's.
static void empty_stats(void)
{
    if (stats_file != NULL && truncate(stats_file, 0) != 0 && errno != ENOENT && errno != EINVAL)
        die_errno(STATUS_FAILURE, "%s", stats_file);
}

// Everything that a run needs and leaves.
struct measuring {
    struct measurement measurement;
    struct session_options session;
    struct signals signals;
    struct progress progress;
    struct report report;
    struct tally tally;
    struct stages stages;  // of the last run
    double bandwidth;      // bytes per second; NAN: not measured
};

static struct figures make_figures(const struct measuring *measuring,
                                   const struct session_result *result,
                                   const struct recording *recording)
{
    struct resources resources = {
        .peak_rss = result->ran ? result->end.peak_rss : NAN,
        .cpu = result->ran ? result->end.cpu : NAN,
        .package = isnan(package_bytes) ? stages_bytes(&measuring->stages, "package")
                                        : package_bytes,
        .bandwidth = measuring->bandwidth,
    };
    return figures_of(recording, &resources);
}

// Measures one run and reports it, unless the command could not be started.
static struct session_result run_once(struct measuring *measuring)
{
    int evicted = evict();
    empty_stats();
    struct recording recording;
    struct session_result result = session_run(&measuring->session, &measuring->signals,
                                               &measuring->progress, &recording);
    progress_clear(&measuring->progress);
    stages_free(&measuring->stages);
    if (result.ran && stats_file != NULL)
        measuring->stages = stages_read(stats_file);
    if (result.ran || measuring->session.command == NULL) {
        struct figures figures = make_figures(measuring, &result, &recording);
        tally_add(&measuring->tally, &recording, &figures);
        struct run run = {
            .repeat = measuring->tally.count,
            .recording = &recording,
            .result = &result,
            .figures = &figures,
            .stages = &measuring->stages,
            .evicted = evicted,
        };
        report_run(&measuring->report, &measuring->measurement, &run);
    }
    recording_free(&recording);
    return result;
}

static void print_table(const struct measuring *measuring)
{
    const struct tally *tally = &measuring->tally;
    char **command = measuring->session.command;
    if (quiet || tally->count == 0)
        return;
    struct table_heading heading = {
        .name = label != NULL ? label : command != NULL ? command[0] : "(stdin)",
        .repeats = tally->count,
        .answers = tally->answers,
        .ids = tally->ids,
        .sha256 = tally->sha256,
        .ids_agree = tally->ids_agree,
    };
    table_print(stderr, &heading, tally->figures, tally->count);
    table_print_stages(stderr, &measuring->stages,
                       tally->figures[tally->count - 1].value[FIGURE_TTFT_COLD]);
}

// Ends as the last run did.
static int leave(const struct session_result *result)
{
    if (result->problem != NULL && result->signal == 0)
        warn("%s", result->problem);
    if (result->signal != 0)
        signals_die(result->signal);
    return result->status;
}

static struct measuring prepare(char **command, const struct requests *requests)
{
    return (struct measuring){
        .measurement = {.label = label,
                        .command = command,
                        .requests = requests,
                        .host = host_describe(),
                        .notes = notes},
        .session = {.command = command,
                    .requests = requests,
                    .concurrency = (size_t)concurrency,
                    .timeout = timeout,
                    .tell_ready = !no_ready},
        .progress = {.wanted = !quiet && isatty(STDERR_FILENO), .repeats = (size_t)repeats},
        .bandwidth = measure_bandwidth ? bandwidth_measure() : NAN,
    };
}

// Measures all runs, up to one that had a problem.
static int measure(char **command)
{
    struct report report = report_open(json_file);
    struct requests requests = {0};
    if (command != NULL)
        requests = requests_read(requests_file != NULL ? requests_file : "-", (size_t)num_requests);
    struct measuring measuring = prepare(command, command != NULL ? &requests : NULL);
    measuring.report = report;
    measuring.signals = signals_open();

    struct session_result result = {0};
    while (result.problem == NULL && measuring.progress.repeat++ < measuring.progress.repeats)
        result = run_once(&measuring);

    report_ranges(&report, &measuring.measurement, &measuring.tally);
    report_close(&report);
    print_table(&measuring);
    int status = leave(&result);
    free(result.problem);
    tally_free(&measuring.tally);
    stages_free(&measuring.stages);
    requests_free(&requests);
    json_decref(measuring.measurement.host);
    return status;
}

int main(int argc, char **argv)
{
    standard_descriptors_secure();
    diagnostics_init(program.name);
    notes = json_object();
    int operand = options_parse(&program, argc, argv, true);
    int status = STATUS_OK;
    if (compare) {
        compare_reports(argv + operand, argc - operand);
    } else {
        check_options(operand < argc);
        status = measure(operand < argc ? argv + operand : NULL);
    }
    json_decref(notes);
    free(evict_files);
    return status;
}
