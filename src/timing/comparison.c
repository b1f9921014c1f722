// SPDX-License-Identifier: BSD-2-Clause

#include "config.h"

#include "timing/comparison.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "common/io.h"
#include "common/json.h"
#include "common/memory.h"
#include "timing/figures.h"

enum { TITLE_WIDTH = 30, COLUMN_WIDTH = 26 };

// What one report file says.
struct side {
    const char *file;  // lent
    char *label;       // owned, as all texts here
    char *requests_sha256, *ids_sha256;
    char **answer_sha256;  // of the first run
    size_t answer_count;
    struct figures *runs;
    size_t run_count;
    bool ids_differ;  // between its own runs
};

static double find_number(const struct json_source *source, json_t *event, const char *key)
{
    json_t *value = json_object_get(event, key);
    if (value == NULL || json_is_null(value))
        return NAN;
    if (!json_is_number(value))
        die(source->status, "%s: '%s' is not a number", source->name, key);
    return json_number_value(value);
}

static void set_same(const struct json_source *source, char **text, const char *value)
{
    if (value == NULL)
        die(source->status, "%s: no request digest; cannot compare", source->name);
    if (*text == NULL)
        *text = xstrdup(value);
    else if (strcmp(*text, value) != 0)
        die(source->status, "%s: requests differ between runs; cannot compare", source->name);
}

static void take_summary(const struct json_source *source, json_t *event, struct side *side)
{
    set_same(source, &side->requests_sha256,
             json_find_text(source, event, "requests_sha256", NULL));
    const char *ids = json_get_text(source, event, "ids_sha256");
    if (side->ids_sha256 == NULL)
        side->ids_sha256 = xstrdup(ids);
    else if (strcmp(side->ids_sha256, ids) != 0)
        side->ids_differ = true;
    if (side->label == NULL)
        side->label = xstrdup(json_find_text(source, event, "label", source->name));
    const char *problem = json_find_text(source, event, "problem", NULL);
    if (problem != NULL)
        warn("%s: run failed: %s", source->name, problem);
    side->runs = xreallocarray(side->runs, side->run_count + 1, sizeof *side->runs);
    for (int i = 0; i < FIGURE_COUNT; i++)
        side->runs[side->run_count].value[i] = find_number(source, event, figure_forms[i].name);
    side->run_count++;
}

static void take_request(const struct json_source *source, json_t *event, struct side *side)
{
    if (side->run_count > 0)
        return;
    side->answer_sha256 = xreallocarray(side->answer_sha256, side->answer_count + 1,
                                        sizeof *side->answer_sha256);
    side->answer_sha256[side->answer_count++] =
        xstrdup(json_find_text(source, event, "ids_sha256", ""));
}

static void take_line(const struct json_source *source, const char *line, size_t size,
                      struct side *side)
{
    json_t *event = json_parse(source, line, size);
    const char *kind = json_get_text(source, event, "event");
    if (strcmp(kind, "request") == 0)
        take_request(source, event, side);
    else if (strcmp(kind, "summary") == 0)
        take_summary(source, event, side);
    json_decref(event);
}

static struct side read_side(const char *file)
{
    struct side side = {.file = file};
    struct json_source source = {.name = file, .status = STATUS_INPUT};
    struct file_map map = file_map_open(file);
    for (size_t at = 0, size; at < map.size; at += size + 1) {
        const char *line = (const char *)map.data + at;
        const char *end = memchr(line, '\n', map.size - at);
        if (end == NULL)
            die(STATUS_INPUT, "%s: truncated: last line has no newline", file);
        size = (size_t)(end - line);
        take_line(&source, line, size, &side);
    }
    if (side.run_count == 0)
        die(STATUS_INPUT, "%s: no \"summary\" event", file);
    file_map_close(&map);
    return side;
}

static void free_side(struct side *side)
{
    for (size_t i = 0; i < side->answer_count; i++)
        free(side->answer_sha256[i]);
    free(side->answer_sha256);
    free(side->label);
    free(side->requests_sha256);
    free(side->ids_sha256);
    free(side->runs);
}

static void check_requests(const struct side *sides, size_t count)
{
    for (size_t i = 1; i < count; i++)
        if (strcmp(sides[i].requests_sha256, sides[0].requests_sha256) != 0)
            die(STATUS_INPUT, "%s: requests differ from %s; cannot compare", sides[i].file,
                sides[0].file);
}

static void print_heading(FILE *file, const struct side *sides, size_t count)
{
    fprintf(file, "%-*s", TITLE_WIDTH, "median of runs");
    for (size_t i = 0; i < count; i++)
        fprintf(file, "%*s", COLUMN_WIDTH, sides[i].label);
    fprintf(file, "\n%-*s", TITLE_WIDTH, "runs");
    for (size_t i = 0; i < count; i++)
        fprintf(file, "%*zu", COLUMN_WIDTH, sides[i].run_count);
    fputc('\n', file);
}

static void print_cell(FILE *file, enum figure_unit unit, double value, double first, bool is_first)
{
    char text[FIGURE_TEXT_SIZE], multiple[FIGURE_TEXT_SIZE] = "";
    figure_text(unit, value, text);
    if (!is_first && !isnan(value) && first > 0)
        snprintf(multiple, sizeof multiple, "x%.4g", value / first);
    fprintf(file, "%*s%10s", COLUMN_WIDTH - 10, text, multiple);
}

static void print_figure(FILE *file, enum figure figure, const struct side *sides, size_t count)
{
    bool any = false;
    double first = figures_range(sides[0].runs, sides[0].run_count, figure).median;
    for (size_t i = 0; i < count && !any; i++)
        any = !isnan(figures_range(sides[i].runs, sides[i].run_count, figure).median);
    if (!any)
        return;
    fprintf(file, "%-*s", TITLE_WIDTH, figure_forms[figure].title);
    for (size_t i = 0; i < count; i++)
        print_cell(file, figure_forms[figure].unit,
                   figures_range(sides[i].runs, sides[i].run_count, figure).median, first, i == 0);
    fputc('\n', file);
}

// The first answer, from 1, in which two reports differ; 0 where they do not.
static size_t first_difference(const struct side *left, const struct side *right)
{
    for (size_t i = 0; i < left->answer_count && i < right->answer_count; i++)
        if (strcmp(left->answer_sha256[i], right->answer_sha256[i]) != 0)
            return i + 1;
    return 0;
}

static void print_ids(FILE *file, const struct side *sides, size_t count)
{
    bool same = true;
    for (size_t i = 0; i < count; i++) {
        if (sides[i].ids_differ)
            fprintf(file, "ids differ between the runs of %s\n", sides[i].label);
        bool differs = strcmp(sides[i].ids_sha256, sides[0].ids_sha256) != 0;
        size_t answer = first_difference(&sides[0], &sides[i]);
        if (differs && answer > 0)
            fprintf(file, "ids differ between %s and %s, first in answer %zu\n", sides[0].label,
                    sides[i].label, answer);
        else if (differs)
            fprintf(file, "ids differ between %s and %s\n", sides[0].label, sides[i].label);
        same = same && !differs && !sides[i].ids_differ;
    }
    if (same)
        fprintf(file, "ids are the same: %s\n", sides[0].ids_sha256);
}

void comparison_print(FILE *file, char **reports, size_t count)
{
    struct side *sides = xcalloc(count, sizeof *sides);
    for (size_t i = 0; i < count; i++)
        sides[i] = read_side(reports[i]);
    check_requests(sides, count);
    print_heading(file, sides, count);
    for (int i = 0; i < FIGURE_COUNT; i++)
        print_figure(file, (enum figure)i, sides, count);
    print_ids(file, sides, count);
    for (size_t i = 0; i < count; i++)
        free_side(&sides[i]);
    free(sides);
}
