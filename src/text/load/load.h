// SPDX-License-Identifier: BSD-2-Clause
// Loaders: each fills a tokenizer from one kind of file.

#ifndef AOTI_TEXT_LOAD_LOAD_H
#define AOTI_TEXT_LOAD_LOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/json.h"
#include "text/tokenizer.h"

// Each dies with STATUS_INPUT, naming the tokenizer's file, where the file is no good or uses what
// is not known here. TOKENIZER comes empty but for its name.

// A tokenizer.json of Hugging Face tokenizers.
void load_json(struct tokenizer *tokenizer, const uint8_t *data, size_t size);

// A rank file of tiktoken or of Llama 3. Leaves rules.split.kind SPLIT_NOT_TOLD where the
// vocabulary is none that is known.
void load_ranks(struct tokenizer *tokenizer, const uint8_t *data, size_t size);

// A sentencepiece model.
void load_sentencepiece(struct tokenizer *tokenizer, const uint8_t *data, size_t size);

// Parts of a tokenizer.json. COMPONENT is the value of the member they are named for, or NULL.
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

// Dies saying that the component of KIND is of a type that is not known, or used in a way that is
// not known.
_Noreturn void load_json_die_unknown(const struct json_source *source, const char *kind,
                                     const char *what);

#endif
