// SPDX-License-Identifier: BSD-2-Clause
// Loaders: each one fills a tokenizer from one kind of file.

#ifndef AOTI_TEXT_LOAD_LOAD_H
#define AOTI_TEXT_LOAD_LOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/json.h"
#include "text/tokenizer.h"

// Each dies with STATUS_INPUT, naming the tokenizer's file, if the file is invalid or uses a
// feature that is not supported. TOKENIZER must be empty except for its name.

// Loads a tokenizer.json of Hugging Face tokenizers.
void load_json(struct tokenizer *tokenizer, const uint8_t *data, size_t size);

// Loads a rank file of tiktoken or of Llama 3. Leaves rules.split.kind at SPLIT_NOT_TOLD if the
// vocabulary is unknown.
void load_ranks(struct tokenizer *tokenizer, const uint8_t *data, size_t size);

// Loads a sentencepiece model.
void load_sentencepiece(struct tokenizer *tokenizer, const uint8_t *data, size_t size);

// Load parts of a tokenizer.json. COMPONENT is the value of the member of that name, or NULL.
void load_json_normalizer(struct tokenizer *tokenizer, const struct json_source *source,
                          json_t *component);
void load_json_pre_tokenizer(struct tokenizer *tokenizer, const struct json_source *source,
                             json_t *component);
void load_json_post_processor(struct tokenizer *tokenizer, const struct json_source *source,
                              json_t *component);
void load_json_decoder(struct tokenizer *tokenizer, const struct json_source *source,
                       json_t *component);
void load_json_model(struct tokenizer *tokenizer, const struct json_source *source,
                     json_t *model, json_t *added_tokens);

// Returns when the component Metaspace puts a space before a text.
enum prefix_kind json_prefix_of_scheme(const struct json_source *source, json_t *component);

// Dies, saying that a component of KIND has an unknown type or is used in an unknown way.
_Noreturn void load_json_die_unknown(const struct json_source *source, const char *kind,
                                     const char *what);

#endif
