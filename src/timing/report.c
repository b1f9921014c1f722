// SPDX-License-Identifier: BSD-2-Clause

#include "config.h"

#include "timing/report.h"

#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/diagnostics.h"
#include "common/io.h"
#include "common/memory.h"

struct report report_open(const char *file)
{
    struct report report = {.descriptor = -1, .name = file};
    if (file == NULL)
        return report;
    report.descriptor = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (report.descriptor < 0)
        die_errno(STATUS_FAILURE, "%s", file);
    return report;
}

// Writes EVENT as a line. Takes it.
static void write_event(const struct report *report, json_object *event)
{
    static const int flags = JSON_C_TO_STRING_SPACED | JSON_C_TO_STRING_NOSLASHESCAPE;
    size_t size;
    const char *text = json_object_to_json_string_length(event, flags, &size);
    write_all(report->descriptor, text, size, report->name);
    write_all(report->descriptor, "\n", 1, report->name);
    json_object_put(event);
}

// VALUE with nine decimals: a nanosecond. NULL, which json-c writes as null, for NAN.
static json_object *new_number(double value)
{
    if (isnan(value))
        return NULL;
    char *text = xasprintf("%.9f", value);
    json_object *number = json_object_new_double_s(value, text);
    free(text);
    return number;
}

static json_object *new_count(uint64_t count)
{
    return json_object_new_int64((int64_t)count);
}

static json_object *new_text(const char *text)
{
    return text != NULL && *text != '\0' ? json_object_new_string(text) : NULL;
}

static json_object *new_event(const char *kind, const struct measurement *measurement)
{
    json_object *event = json_object_new_object();
    json_object_object_add(event, "event", new_text(kind));
    json_object_object_add(event, "label", new_text(measurement->label));
    return event;
}

static json_object *new_arrivals(const struct answer *answer)
{
    json_object *list = json_object_new_array();
    for (size_t i = 0; i < answer->arrival_count; i++) {
        json_object *pair = json_object_new_array();
        json_object_array_add(pair, new_number(answer->arrivals[i].at));
        json_object_array_add(pair, new_count(answer->arrivals[i].ids));
        json_object_array_add(list, pair);
    }
    return list;
}

static void write_request(const struct report *report, const struct measurement *measurement,
                          size_t repeat, size_t number, const struct answer *answer)
{
    json_object *event = new_event("request", measurement);
    json_object_object_add(event, "repeat", new_count(repeat));
    json_object_object_add(event, "request", new_count(number));
    json_object_object_add(event, "complete", json_object_new_boolean(answer_is_complete(answer)));
    json_object_object_add(event, "prompt_tokens",
                           measurement->requests != NULL ? new_count(answer->prompt_ids) : NULL);
    json_object_object_add(event, "new_tokens", new_count(answer->ids));
    json_object_object_add(event, "sent_seconds", new_number(answer->sent));
    json_object_object_add(event, "first_token_seconds", new_number(answer_first(answer)));
    json_object_object_add(event, "end_seconds", new_number(answer->end));
    json_object_object_add(event, "arrivals", new_arrivals(answer));
    json_object_object_add(event, "ids_sha256", new_text(answer->sha256));
    write_event(report, event);
}

static json_object *new_command(char **command)
{
    if (command == NULL)
        return NULL;
    json_object *list = json_object_new_array();
    for (; *command != NULL; command++)
        json_object_array_add(list, new_text(*command));
    return list;
}

static json_object *new_stages(const struct stages *stages)
{
    json_object *list = json_object_new_array();
    for (size_t i = 0; i < stages->count; i++) {
        json_object *stage = json_object_new_object();
        json_object_object_add(stage, "stage", new_text(stages->list[i].name));
        json_object_object_add(stage, "seconds", new_number(stages->list[i].seconds));
        json_object_object_add(stage, "bytes", new_count((uint64_t)stages->list[i].bytes));
        json_object_array_add(list, stage);
    }
    return list;
}

static void add_figures(json_object *event, const struct figures *figures)
{
    for (int i = 0; i < FIGURE_COUNT; i++) {
        bool whole = figure_forms[i].unit == UNIT_BYTES && !isnan(figures->value[i]);
        json_object_object_add(event, figure_forms[i].name,
                               whole ? new_count((uint64_t)figures->value[i])
                                     : new_number(figures->value[i]));
    }
}

static void write_summary(const struct report *report, const struct measurement *measurement,
                          const struct run *run)
{
    const struct recording *recording = run->recording;
    json_object *event = new_event("summary", measurement);
    json_object_object_add(event, "repeat", new_count(run->repeat));
    json_object_object_add(event, "command", new_command(measurement->command));
    json_object_object_add(event, "problem", new_text(run->result->problem));
    json_object_object_add(event, "requests", new_count(recording->count));
    json_object_object_add(event, "answers", new_count(recording->complete));
    json_object_object_add(event, "new_tokens", new_count(recording_ids(recording)));
    json_object_object_add(
        event, "requests_sha256",
        measurement->requests != NULL ? new_text(measurement->requests->sha256) : NULL);
    json_object_object_add(event, "ids_sha256", new_text(recording->sha256));
    json_object_object_add(event, "ready_seconds", new_number(recording->ready));
    add_figures(event, run->figures);
    json_object_object_add(event, "stages", new_stages(run->stages));
    json_object_object_add(event, "evicted",
                           run->evicted >= 0 ? json_object_new_boolean(run->evicted) : NULL);
    json_object_object_add(event, "host", json_object_get(measurement->host));
    json_object_object_add(event, "aoti_utils", new_text(PACKAGE_VERSION));
    json_object_object_add(event, "notes", json_object_get(measurement->notes));
    write_event(report, event);
}

void report_run(const struct report *report, const struct measurement *measurement,
                const struct run *run)
{
    if (report->descriptor < 0)
        return;
    for (size_t i = 0; i < run->recording->count; i++)
        write_request(report, measurement, run->repeat, i + 1, &run->recording->answers[i]);
    write_summary(report, measurement, run);
}

void report_ranges(const struct report *report, const struct measurement *measurement,
                   const struct tally *tally)
{
    if (report->descriptor < 0)
        return;
    json_object *event = new_event("repeats", measurement);
    json_object_object_add(event, "repeats", new_count(tally->count));
    json_object_object_add(event, "ids_agree", json_object_new_boolean(tally->ids_agree));
    json_object *figures = json_object_new_object();
    for (int i = 0; i < FIGURE_COUNT; i++) {
        struct figure_range range = figures_range(tally->figures, tally->count, (enum figure)i);
        json_object *entry = json_object_new_object();
        json_object_object_add(entry, "min", new_number(range.minimum));
        json_object_object_add(entry, "median", new_number(range.median));
        json_object_object_add(entry, "max", new_number(range.maximum));
        json_object_object_add(figures, figure_forms[i].name, entry);
    }
    json_object_object_add(event, "figures", figures);
    write_event(report, event);
}

void report_close(struct report *report)
{
    if (report->descriptor >= 0 && close(report->descriptor) != 0)
        die_errno(STATUS_FAILURE, "%s", report->name);
    report->descriptor = -1;
}
