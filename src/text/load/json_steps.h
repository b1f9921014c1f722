// SPDX-License-Identifier: BSD-2-Clause
// The components of a stage of tokenizer.json, read one after the other.

#ifndef AOTI_TEXT_LOAD_JSON_STEPS_H
#define AOTI_TEXT_LOAD_JSON_STEPS_H

#include <stdbool.h>
#include <stddef.h>

#include "common/json.h"

enum { JSON_STEPS_MAX = 16 };

// The components of one stage in the order in which they act, with each Sequence expanded.
struct json_steps {
    const struct json_source *source;
    const char *kind;  // "normalizer", "pre-tokenizer", "decoder", "post-processor"
    json_t *list[JSON_STEPS_MAX];
    size_t count;
    size_t next;  // the first one that json_take() has not returned
};

// Returns the components of the stage KIND that COMPONENT, which may be NULL, describes. KEY is the
// member of a Sequence that lists them.
struct json_steps json_steps_of(const struct json_source *source, const char *kind,
                                const char *key, json_t *component);

// Returns the next step and advances if it is of TYPE; otherwise returns NULL.
json_t *json_take(struct json_steps *steps, const char *type);

// Dies if a step is left: an unknown one, or a known one in an unsupported order or combination.
// KNOWN lists the types, each followed by a space.
void json_end_of_steps(const struct json_steps *steps, const char *known);

// Dies unless CONDITION holds, naming COMPONENT and the stage KIND.
void json_require(bool condition, const struct json_source *source, const char *kind,
                  json_t *component);

// Returns the string of the pattern {"String": …} of COMPONENT, or NULL.
const char *json_plain_pattern(const struct json_source *source, json_t *component);

#endif
