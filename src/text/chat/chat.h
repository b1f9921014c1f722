// SPDX-License-Identifier: BSD-2-Clause
// Renders conversations in the format that a model was trained on.
//
// Content never becomes a control token: control tokens are inserted as ids, and everything between
// two of them, format and content alike, is encoded as plain text.

#ifndef AOTI_TEXT_CHAT_CHAT_H
#define AOTI_TEXT_CHAT_CHAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/json.h"
#include "common/memory.h"
#include "text/encode.h"
#include "text/tokenizer.h"

struct chat_options {
    const char *format;  // "llama3", …
    const char *system;  // system message for conversations without one, or NULL
    const char *date;    // today's date for formats that mention it; NULL: a fixed one
    bool replies;        // end the prompt where the assistant is to speak
};

// A rendered conversation: text with control tokens in it.
struct chat_prompt {
    struct buffer text;
    struct chat_control {
        size_t offset;  // of the text that follows it
        int32_t id;
    } *controls;  // owned, [count], in order
    size_t count, capacity;
    const struct tokenizer *tokenizer;  // borrowed; has the control tokens
};

// Renders TEXT, SIZE bytes, as one message of the user.
void chat_render_text(struct chat_prompt *prompt, const struct chat_options *options,
                      const char *text, size_t size);

// Renders a conversation in JSON: an array of messages, or an object with "messages" and optionally
// "tools". Dies with STATUS_INPUT, naming SOURCE, if the format does not allow it.
void chat_render_json(struct chat_prompt *prompt, const struct chat_options *options,
                      const struct json_source *source, const char *text, size_t size);

// Appends the tokens of PROMPT to IDS and empties PROMPT.
void chat_encode(struct chat_prompt *prompt, struct encoder *encoder, struct id_list *ids);
void chat_prompt_free(struct chat_prompt *prompt);

#endif
