// SPDX-License-Identifier: BSD-2-Clause

#include "config.h"

#include "text/load/json_steps.h"

#include <string.h>

#include "common/diagnostics.h"
#include "text/load/load.h"

static const char *type_of(const struct json_source *source, json_t *component)
{
    return json_get_text(source, component, "type");
}

// Appends COMPONENT, or each element of its array KEY if it is a Sequence.
static void open_sequences(struct json_steps *steps, const char *key, json_t *component)
{
    if (strcmp(type_of(steps->source, component), "Sequence") == 0) {
        json_t *list = json_get(steps->source, component, key, JSON_ARRAY);
        for (size_t i = 0; i < json_array_size(list); i++)
            open_sequences(steps, key, json_array_get(list, i));
        return;
    }
    if (steps->count == JSON_STEPS_MAX)
        die(steps->source->status, "%s: more than %d %ss", steps->source->name, JSON_STEPS_MAX,
            steps->kind);
    steps->list[steps->count++] = component;
}

struct json_steps json_steps_of(const struct json_source *source, const char *kind, const char *key,
                             json_t *component)
{
    struct json_steps steps = {.source = source, .kind = kind};
    if (component != NULL)
        open_sequences(&steps, key, component);
    return steps;
}

json_t *json_take(struct json_steps *steps, const char *type)
{
    if (steps->next == steps->count
        || strcmp(type_of(steps->source, steps->list[steps->next]), type) != 0)
        return NULL;
    return steps->list[steps->next++];
}

void json_end_of_steps(const struct json_steps *steps, const char *known)
{
    if (steps->next == steps->count)
        return;
    const char *type = type_of(steps->source, steps->list[steps->next]);
    size_t size = strlen(type);
    for (const char *at = known; (at = strstr(at, type)) != NULL; at += size)
        if (at[size] == ' ' && (at == known || at[-1] == ' '))
            die(steps->source->status, "%s: %s '%s' in an unsupported place", steps->source->name,
                steps->kind, type);
    load_json_die_unknown(steps->source, steps->kind, type);
}

void json_require(bool condition, const struct json_source *source, const char *kind,
                    json_t *component)
{
    if (!condition)
        load_json_die_unknown(source, kind, json_print(component, JSON_COMPACT));
}

const char *json_plain_pattern(const struct json_source *source, json_t *component)
{
    json_t *pattern = json_get(source, component, "pattern", JSON_OBJECT);
    return json_find_text(source, pattern, "String", NULL);
}
