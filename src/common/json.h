// SPDX-License-Identifier: BSD-2-Clause
// JSON files that must have a certain shape, read with json-c.

#ifndef AOTI_COMMON_JSON_H
#define AOTI_COMMON_JSON_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/diagnostics.h"

// Where a document came from, for messages, and the status to die with where it is no good.
struct json_source {
    const char *name;
    enum status status;
};

// Parses SIZE bytes that must be one JSON value in UTF-8. The caller gives the result to
// json_object_put. Dies with the source's status and the offset of the error.
json_object *json_parse(const struct json_source *source, const void *data, size_t size);

// The member KEY of OBJECT, lent; NULL where it is missing or null. Dies where OBJECT is no object
// or the member is not of TYPE.
json_object *json_find(const struct json_source *source, json_object *object, const char *key,
                       enum json_type type);

// As json_find, but dies where the member is missing.
json_object *json_get(const struct json_source *source, json_object *object, const char *key,
                      enum json_type type);

// Members of simple types; the integer must lie in the range, both ends included.
const char *json_get_text(const struct json_source *source, json_object *object, const char *key);
int64_t json_get_integer(const struct json_source *source, json_object *object, const char *key,
                         int64_t minimum, int64_t maximum);
bool json_get_flag(const struct json_source *source, json_object *object, const char *key);

// The same for members that may be missing or null.
const char *json_find_text(const struct json_source *source, json_object *object, const char *key,
                           const char *otherwise);
int64_t json_find_integer(const struct json_source *source, json_object *object, const char *key,
                          int64_t minimum, int64_t maximum, int64_t otherwise);
bool json_find_flag(const struct json_source *source, json_object *object, const char *key,
                    bool otherwise);

// VALUE as an integer in the range, or death; WHAT names it in the message.
int64_t json_integer(const struct json_source *source, json_object *value, const char *what,
                     int64_t minimum, int64_t maximum);

#endif
