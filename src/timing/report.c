// SPDX-License-Identifier: BSD-2-Clause

#include "config.h"

#include "timing/report.h"

#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/diagnostics.h"
#include "common/io.h"
#include "common/json.h"
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

// Writes EVENT as a line and frees it.
static void write_event(const struct report *report, json_t *event)
{
    char *text = json_print(event, JSON_REAL_PRECISION(15));
    write_all(report->descriptor, text, strlen(text), report->name);
    write_all(report->descriptor, "\n", 1, report->name);
    free(text);
    json_decref(event);
}

// Returns VALUE rounded to nine decimals, a nanosecond; null for NAN.
static json_t *new_number(double value)
{
    return isnan(value) ? json_null() : json_real(round(value * 1e9) / 1e9);
}

static json_t *new_count(uint64_t count)
{
    return json_integer((json_int_t)count);
}

static json_t *new_text(const char *text)
{
    return json_new_text(text != NULL && *text != '\0' ? text : NULL);
}

static json_t *new_event(const char *kind, const struct measurement *measurement)
{
    json_t *event = json_object();
    json_object_set_new(event, "event", new_text(kind));
    json_object_set_new(event, "label", new_text(measurement->label));
    return event;
}

static json_t *new_arrivals(const struct answer *answer)
{
    json_t *list = json_array();
    for (size_t i = 0; i < answer->arrival_count; i++) {
        json_t *pair = json_array();
        json_array_append_new(pair, new_number(answer->arrivals[i].at));
        json_array_append_new(pair, new_count(answer->arrivals[i].ids));
        json_array_append_new(list, pair);
    }
    return list;
}

static void write_request(const struct report *report, const struct measurement *measurement,
                          size_t repeat, size_t number, const struct answer *answer)
{
    json_t *event = new_event("request", measurement);
    json_object_set_new(event, "repeat", new_count(repeat));
    json_object_set_new(event, "request", new_count(number));
    json_object_set_new(event, "complete", json_boolean(answer_is_complete(answer)));
    json_object_set_new(event, "prompt_tokens",
                           measurement->requests != NULL ? new_count(answer->prompt_ids)
                                                         : json_null());
    json_object_set_new(event, "new_tokens", new_count(answer->ids));
    json_object_set_new(event, "sent_seconds", new_number(answer->sent));
    json_object_set_new(event, "first_token_seconds", new_number(answer_first(answer)));
    json_object_set_new(event, "end_seconds", new_number(answer->end));
    json_object_set_new(event, "arrivals", new_arrivals(answer));
    json_object_set_new(event, "ids_sha256", new_text(answer->sha256));
    write_event(report, event);
}

static json_t *new_command(char **command)
{
    if (command == NULL)
        return json_null();
    json_t *list = json_array();
    for (; *command != NULL; command++)
        json_array_append_new(list, new_text(*command));
    return list;
}

static json_t *new_stages(const struct stages *stages)
{
    json_t *list = json_array();
    for (size_t i = 0; i < stages->count; i++) {
        json_t *stage = json_object();
        json_object_set_new(stage, "stage", new_text(stages->list[i].name));
        json_object_set_new(stage, "seconds", new_number(stages->list[i].seconds));
        json_object_set_new(stage, "bytes", new_count((uint64_t)stages->list[i].bytes));
        json_array_append_new(list, stage);
    }
    return list;
}

static void add_figures(json_t *event, const struct figures *figures)
{
    for (int i = 0; i < FIGURE_COUNT; i++) {
        bool whole = figure_forms[i].unit == UNIT_BYTES && !isnan(figures->value[i]);
        json_object_set_new(event, figure_forms[i].name,
                               whole ? new_count((uint64_t)figures->value[i])
                                     : new_number(figures->value[i]));
    }
}

static void write_summary(const struct report *report, const struct measurement *measurement,
                          const struct run *run)
{
    const struct recording *recording = run->recording;
    json_t *event = new_event("summary", measurement);
    json_object_set_new(event, "repeat", new_count(run->repeat));
    json_object_set_new(event, "command", new_command(measurement->command));
    json_object_set_new(event, "problem", new_text(run->result->problem));
    json_object_set_new(event, "requests", new_count(recording->count));
    json_object_set_new(event, "answers", new_count(recording->complete));
    json_object_set_new(event, "new_tokens", new_count(recording_ids(recording)));
    json_object_set_new(
        event, "requests_sha256",
        new_text(measurement->requests != NULL ? measurement->requests->sha256 : NULL));
    json_object_set_new(event, "ids_sha256", new_text(recording->sha256));
    json_object_set_new(event, "ready_seconds", new_number(recording->ready));
    add_figures(event, run->figures);
    json_object_set_new(event, "stages", new_stages(run->stages));
    json_object_set_new(event, "evicted",
                           run->evicted >= 0 ? json_boolean(run->evicted) : json_null());
    json_object_set_new(event, "host", json_incref(measurement->host));
    json_object_set_new(event, "aoti_utils", new_text(PACKAGE_VERSION));
    json_object_set_new(event, "notes", json_incref(measurement->notes));
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
    json_t *event = new_event("repeats", measurement);
    json_object_set_new(event, "repeats", new_count(tally->count));
    json_object_set_new(event, "ids_agree", json_boolean(tally->ids_agree));
    json_t *figures = json_object();
    for (int i = 0; i < FIGURE_COUNT; i++) {
        struct figure_range range = figures_range(tally->figures, tally->count, (enum figure)i);
        json_t *entry = json_object();
        json_object_set_new(entry, "min", new_number(range.minimum));
        json_object_set_new(entry, "median", new_number(range.median));
        json_object_set_new(entry, "max", new_number(range.maximum));
        json_object_set_new(figures, figure_forms[i].name, entry);
    }
    json_object_set_new(event, "figures", figures);
    write_event(report, event);
}

void report_close(struct report *report)
{
    if (report->descriptor >= 0 && close(report->descriptor) != 0)
        die_errno(STATUS_FAILURE, "%s", report->name);
    report->descriptor = -1;
}
