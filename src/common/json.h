// SPDX-License-Identifier: BSD-2-Clause
// JSON with a known schema, read and written with jansson.

#ifndef AOTI_COMMON_JSON_H
#define AOTI_COMMON_JSON_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/diagnostics.h"

// Name of a document, for messages, and status to die with if the document is invalid.
struct json_source {
    const char *name;
    enum status status;
};

// Parses DATA, one JSON value in UTF-8. Free with json_decref(). Dies with the status of SOURCE,
// naming the line of the error.
json_t *json_parse(const struct json_source *source, const void *data, size_t size);

// Parses LINE. Returns NULL if LINE is not JSON. Free with json_decref().
json_t *json_parse_line(const char *line);

// Returns the member KEY of OBJECT, owned by OBJECT; NULL if the member is missing or null. Dies if
// OBJECT is not an object or the member is not of TYPE. JSON_TRUE stands for both booleans.
json_t *json_find(const struct json_source *source, json_t *object, const char *key,
                       json_type type);

// Like json_find(), but dies if the member is missing.
json_t *json_get(const struct json_source *source, json_t *object, const char *key,
                      json_type type);

// Return the member KEY. Die if the member is missing, has another type, or is an integer outside
// MINIMUM to MAXIMUM.
const char *json_get_text(const struct json_source *source, json_t *object, const char *key);
int64_t json_get_integer(const struct json_source *source, json_t *object, const char *key,
                         int64_t minimum, int64_t maximum);
bool json_get_flag(const struct json_source *source, json_t *object, const char *key);

// The same, but return OTHERWISE if the member is missing or null.
const char *json_find_text(const struct json_source *source, json_t *object, const char *key,
                           const char *otherwise);
int64_t json_find_integer(const struct json_source *source, json_t *object, const char *key,
                          int64_t minimum, int64_t maximum, int64_t otherwise);
bool json_find_flag(const struct json_source *source, json_t *object, const char *key,
                    bool otherwise);

// Returns VALUE as an integer. Dies, naming WHAT, if VALUE is not an integer from MINIMUM to
// MAXIMUM.
int64_t json_to_integer(const struct json_source *source, json_t *value, const char *what,
                     int64_t minimum, int64_t maximum);

// Makes a string of TEXT; null if TEXT is NULL. If TEXT is not UTF-8, as file names may be, bytes
// beyond ASCII become '?'. Free with json_decref().
json_t *json_new_text(const char *text);

// Returns VALUE as text; FLAGS are as for json_dumps(). Free with free().
char *json_print(const json_t *value, size_t flags);

#endif
