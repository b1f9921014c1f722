// SPDX-License-Identifier: BSD-2-Clause

#include "config.h"

#include "common/json.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

enum { DEPTH_MAX = 64 };

json_object *json_parse(const struct json_source *source, const void *data, size_t size)
{
    if (size > INT_MAX)
        die(source->status, "%s: JSON of more than 2 GiB", source->name);
    struct json_tokener *tokener = json_tokener_new_ex(DEPTH_MAX);
    if (tokener == NULL)
        die(STATUS_FAILURE, "memory exhausted");
    json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
    json_object *value = json_tokener_parse_ex(tokener, data, (int)size);
    if (value == NULL && json_tokener_get_error(tokener) == json_tokener_continue)
        value = json_tokener_parse_ex(tokener, "", 1);  // a bare number needs an end; NUL is one
    enum json_tokener_error error = json_tokener_get_error(tokener);
    size_t offset = json_tokener_get_parse_end(tokener);
    if (value == NULL
        && (error == json_tokener_continue || error == json_tokener_error_parse_eof))
        die(source->status, "%s: not JSON: ends too early", source->name);
    if (error != json_tokener_success)
        die(source->status, "%s: not JSON: %s at byte %zu", source->name,
            json_tokener_error_desc(error), offset);
    for (; offset < size; offset++)
        if (memchr(" \t\r\n", ((const char *)data)[offset], 4) == NULL)
            die(source->status, "%s: not JSON: something follows it at byte %zu", source->name,
                offset);
    json_tokener_free(tokener);
    return value;
}

static _Noreturn void die_of_type(const struct json_source *source, const char *what,
                                  enum json_type wanted, json_object *value)
{
    die(source->status, "%s: '%s' must be of type %s, not %s", source->name, what,
        json_type_to_name(wanted), json_type_to_name(json_object_get_type(value)));
}

json_object *json_find(const struct json_source *source, json_object *object, const char *key,
                       enum json_type type)
{
    if (json_object_get_type(object) != json_type_object)
        die(source->status, "%s: an object with '%s' was expected, not %s", source->name, key,
            json_type_to_name(json_object_get_type(object)));
    json_object *value = NULL;
    json_object_object_get_ex(object, key, &value);
    if (value != NULL && json_object_get_type(value) != type)
        die_of_type(source, key, type, value);
    return value;
}

json_object *json_get(const struct json_source *source, json_object *object, const char *key,
                      enum json_type type)
{
    json_object *value = json_find(source, object, key, type);
    if (value == NULL)
        die(source->status, "%s: '%s' is missing", source->name, key);
    return value;
}

const char *json_get_text(const struct json_source *source, json_object *object, const char *key)
{
    return json_object_get_string(json_get(source, object, key, json_type_string));
}

int64_t json_integer(const struct json_source *source, json_object *value, const char *what,
                     int64_t minimum, int64_t maximum)
{
    if (json_object_get_type(value) != json_type_int)
        die_of_type(source, what, json_type_int, value);
    int64_t number = json_object_get_int64(value);
    if (number < minimum || number > maximum)
        die(source->status, "%s: '%s' is %lld, not from %lld to %lld", source->name, what,
            (long long)number, (long long)minimum, (long long)maximum);
    return number;
}

int64_t json_get_integer(const struct json_source *source, json_object *object, const char *key,
                         int64_t minimum, int64_t maximum)
{
    return json_integer(source, json_get(source, object, key, json_type_int), key, minimum,
                        maximum);
}

bool json_get_flag(const struct json_source *source, json_object *object, const char *key)
{
    return json_object_get_boolean(json_get(source, object, key, json_type_boolean));
}

const char *json_find_text(const struct json_source *source, json_object *object, const char *key,
                           const char *otherwise)
{
    json_object *value = json_find(source, object, key, json_type_string);
    return value != NULL ? json_object_get_string(value) : otherwise;
}

int64_t json_find_integer(const struct json_source *source, json_object *object, const char *key,
                          int64_t minimum, int64_t maximum, int64_t otherwise)
{
    json_object *value = json_find(source, object, key, json_type_int);
    return value != NULL ? json_integer(source, value, key, minimum, maximum) : otherwise;
}

bool json_find_flag(const struct json_source *source, json_object *object, const char *key,
                    bool otherwise)
{
    json_object *value = json_find(source, object, key, json_type_boolean);
    return value != NULL ? json_object_get_boolean(value) : otherwise;
}
