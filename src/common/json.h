// SPDX-License-Identifier: BSD-2-Clause
// JSON files that must have a certain shape, read and written with jansson.

#ifndef AOTI_COMMON_JSON_H
#define AOTI_COMMON_JSON_H

#include <jansson.h>
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
// json_decref. Dies with the source's status and the offset of the error.
json_t *json_parse(const struct json_source *source, const void *data, size_t size);

// Parses a line that may be JSON; NULL if it is not. Free with json_decref().
json_t *json_parse_line(const char *line);

// Returns the member KEY of OBJECT, borrowed; NULL if it is missing or null. Dies if OBJECT is not
// an object or the member is not of TYPE, which is JSON_TRUE for both booleans.
json_t *json_find(const struct json_source *source, json_t *object, const char *key,
                       json_type type);

// As json_find, but dies where the member is missing.
json_t *json_get(const struct json_source *source, json_t *object, const char *key,
                      json_type type);

// Members of simple types; the integer must lie in the range, both ends included.
const char *json_get_text(const struct json_source *source, json_t *object, const char *key);
int64_t json_get_integer(const struct json_source *source, json_t *object, const char *key,
                         int64_t minimum, int64_t maximum);
bool json_get_flag(const struct json_source *source, json_t *object, const char *key);

// The same for members that may be missing or null.
const char *json_find_text(const struct json_source *source, json_t *object, const char *key,
                           const char *otherwise);
int64_t json_find_integer(const struct json_source *source, json_t *object, const char *key,
                          int64_t minimum, int64_t maximum, int64_t otherwise);
bool json_find_flag(const struct json_source *source, json_t *object, const char *key,
                    bool otherwise);

// VALUE as an integer in the range, or death; WHAT names it in the message.
int64_t json_to_integer(const struct json_source *source, json_t *value, const char *what,
                     int64_t minimum, int64_t maximum);

// Makes a string of TEXT, or null of NULL. Where TEXT is not UTF-8, as names of files may be, its
// bytes beyond ASCII become '?'. Free with json_decref().
json_t *json_new_text(const char *text);

// Writes VALUE as json_dumps() does with FLAGS. Free with free().
char *json_print(const json_t *value, size_t flags);

#endif
