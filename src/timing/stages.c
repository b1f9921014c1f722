// SPDX-License-Identifier: BSD-2-Clause

#include "config.h"

#include "timing/stages.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/diagnostics.h"
#include "common/json.h"
#include "common/memory.h"

static void add_stage(struct stages *stages, const char *name, double seconds, double bytes)
{
    stages->list = xreallocarray(stages->list, stages->count + 1, sizeof *stages->list);
    stages->list[stages->count++] =
        (struct stage){.name = xstrdup(name), .seconds = seconds, .bytes = bytes};
}

static bool is_text(json_t *event, const char *key, const char *wanted)
{
    const char *text = json_string_value(json_object_get(event, key));
    return text != NULL && strcmp(text, wanted) == 0;
}

static double number(json_t *event, const char *key)
{
    return json_number_value(json_object_get(event, key));  // 0 if missing
}

static void take_event(struct stages *stages, json_t *event, bool *has_request)
{
    const char *name = json_string_value(json_object_get(event, "stage"));
    if (is_text(event, "event", "stage") && name != NULL)
        add_stage(stages, name, number(event, "seconds"), number(event, "bytes"));
    if (is_text(event, "event", "request") && !*has_request) {
        *has_request = true;
        add_stage(stages, "prefill", number(event, "prefill_seconds"), 0);
    }
}

struct stages stages_read(const char *file)
{
    struct stages stages = {0};
    FILE *stream = fopen(file, "re");
    if (stream == NULL) {
        warn("--stats %s: %s", file, strerror(errno));
        return stages;
    }
    char *line = NULL;
    size_t capacity = 0;
    bool has_request = false;
    while (getline(&line, &capacity, stream) > 0) {
        json_t *event = json_parse_line(line);
        take_event(&stages, event, &has_request);
        json_decref(event);
    }
    free(line);
    fclose(stream);
    return stages;
}

double stages_bytes(const struct stages *stages, const char *name)
{
    for (size_t i = 0; i < stages->count; i++)
        if (strcmp(stages->list[i].name, name) == 0 && stages->list[i].bytes > 0)
            return stages->list[i].bytes;
    return NAN;
}

void stages_free(struct stages *stages)
{
    for (size_t i = 0; i < stages->count; i++)
        free(stages->list[i].name);
    free(stages->list);
    *stages = (struct stages){0};
}
