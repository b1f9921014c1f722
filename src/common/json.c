// SPDX-License-Identifier: BSD-2-Clause

#include "config.h"

#include "common/json.h"

#include <stdlib.h>
#include <string.h>

#include "common/memory.h"

// Makes jansson allocate with xmalloc(), which dies when memory is exhausted. No caller of jansson
// has to check for that.
__attribute__((constructor)) static void allocate_with_xmalloc(void)
{
    json_set_alloc_funcs(xmalloc, free);
}

json_t *json_parse(const struct json_source *source, const void *data, size_t size)
{
    json_error_t error;
    json_t *value = json_loadb(data, size, JSON_DECODE_ANY | JSON_ALLOW_NUL, &error);
    if (value == NULL)
        die(source->status, "%s: not JSON: line %d: %s", source->name, error.line, error.text);
    return value;
}

json_t *json_parse_line(const char *line)
{
    json_error_t error;
    return json_loads(line, JSON_DECODE_ANY, &error);
}

// Returns the type of VALUE, with JSON_TRUE for both booleans.
static json_type type_of(const json_t *value)
{
    if (value == NULL)
        return JSON_NULL;
    return json_is_false(value) ? JSON_TRUE : json_typeof(value);
}

static const char *name_of(json_type type)
{
    static const char *const names[] = {
        [JSON_OBJECT] = "an object",    [JSON_ARRAY] = "an array", [JSON_STRING] = "a string",
        [JSON_INTEGER] = "an integer",  [JSON_REAL] = "a number",  [JSON_TRUE] = "a boolean",
        [JSON_NULL] = "null",
    };
    return names[type];
}

static _Noreturn void die_of_type(const struct json_source *source, const char *what,
                                  json_type wanted, const json_t *value)
{
    die(source->status, "%s: '%s': expected %s, found %s", source->name, what, name_of(wanted),
        name_of(type_of(value)));
}

json_t *json_find(const struct json_source *source, json_t *object, const char *key,
                       json_type type)
{
    if (!json_is_object(object))
        die(source->status, "%s: expected an object with '%s', found %s", source->name, key,
            name_of(type_of(object)));
    json_t *value = json_object_get(object, key);
    if (json_is_null(value))
        return NULL;
    if (value != NULL && type_of(value) != type)
        die_of_type(source, key, type, value);
    return value;
}

json_t *json_get(const struct json_source *source, json_t *object, const char *key,
                      json_type type)
{
    json_t *value = json_find(source, object, key, type);
    if (value == NULL)
        die(source->status, "%s: '%s' is missing", source->name, key);
    return value;
}

const char *json_get_text(const struct json_source *source, json_t *object, const char *key)
{
    return json_string_value(json_get(source, object, key, JSON_STRING));
}

int64_t json_to_integer(const struct json_source *source, json_t *value, const char *what,
                     int64_t minimum, int64_t maximum)
{
    if (!json_is_integer(value))
        die_of_type(source, what, JSON_INTEGER, value);
    int64_t number = json_integer_value(value);
    if (number < minimum || number > maximum)
        die(source->status, "%s: '%s': expected an integer from %lld to %lld, found %lld",
            source->name, what, (long long)minimum, (long long)maximum, (long long)number);
    return number;
}

int64_t json_get_integer(const struct json_source *source, json_t *object, const char *key,
                         int64_t minimum, int64_t maximum)
{
    return json_to_integer(source, json_get(source, object, key, JSON_INTEGER), key, minimum,
                        maximum);
}

bool json_get_flag(const struct json_source *source, json_t *object, const char *key)
{
    return json_is_true(json_get(source, object, key, JSON_TRUE));
}

const char *json_find_text(const struct json_source *source, json_t *object, const char *key,
                           const char *otherwise)
{
    json_t *value = json_find(source, object, key, JSON_STRING);
    return value != NULL ? json_string_value(value) : otherwise;
}

int64_t json_find_integer(const struct json_source *source, json_t *object, const char *key,
                          int64_t minimum, int64_t maximum, int64_t otherwise)
{
    json_t *value = json_find(source, object, key, JSON_INTEGER);
    return value != NULL ? json_to_integer(source, value, key, minimum, maximum) : otherwise;
}

bool json_find_flag(const struct json_source *source, json_t *object, const char *key,
                    bool otherwise)
{
    json_t *value = json_find(source, object, key, JSON_TRUE);
    return value != NULL ? json_is_true(value) : otherwise;
}

static void mask_bytes(char *text)
{
    for (; *text != '\0'; text++)
        if ((unsigned char)*text >= 0x80)
            *text = '?';
}

json_t *json_new_text(const char *text)
{
    if (text == NULL)
        return json_null();
    json_t *value = json_string(text);
    if (value != NULL)
        return value;
    char *masked = xstrdup(text);
    mask_bytes(masked);
    value = json_string(masked);
    free(masked);
    return value;
}

char *json_print(const json_t *value, size_t flags)
{
    char *text = json_dumps(value, flags | JSON_ENCODE_ANY);
    if (text == NULL)
        die(STATUS_FAILURE, "cannot write JSON");
    return text;
}
