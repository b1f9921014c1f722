// SPDX-License-Identifier: BSD-2-Clause
// What the chat formats are written in.

#ifndef AOTI_TEXT_CHAT_FORMAT_H
#define AOTI_TEXT_CHAT_FORMAT_H

#include "text/chat/chat.h"

struct text_span {
    const char *text;  // NULL: there is none
    size_t size;
};

struct chat_message {
    const char *role;
    struct text_span content;  // where it is a string
    json_t *content_value;     // whatever it is, or NULL
    json_t *tool_calls;        // an array, or NULL where it is missing, null or empty
    bool has_tool_calls;       // the member is there, whatever its value
    json_t *value;             // the whole message
};

struct conversation {
    struct json_source source;
    const struct chat_options *options;
    struct chat_message *messages;  // [count], at least one
    size_t count;
    json_t *tools;  // an array, or NULL
};

typedef void chat_format(struct chat_prompt *prompt, const struct conversation *conversation);

chat_format chat_llama3, chat_qwen25, chat_qwen3, chat_chatml, chat_mistral, chat_gemma, chat_phi3;

void chat_put_text(struct chat_prompt *prompt, const char *text);
void chat_put_span(struct chat_prompt *prompt, struct text_span span);

// The control token NAME. Dies where the tokenizer has none.
void chat_put_control(struct chat_prompt *prompt, const char *name);

// VALUE as Python's json.dumps writes it without ASCII escapes; on lines of their own with INDENT
// spaces where that is not 0.
void chat_put_json(struct chat_prompt *prompt, json_t *value, int indent);

bool chat_is(const struct chat_message *message, const char *role);

// The content of message INDEX, which must be a string.
struct text_span chat_content(const struct conversation *conversation, size_t index);

// SPAN without the white space around it, as Python's str.strip.
struct text_span chat_trimmed(struct text_span span);

// Dies with what is wrong with message INDEX.
_Noreturn void chat_die(const struct conversation *conversation, size_t index, const char *what);

// The function of a tool call, which may also stand for itself.
json_t *chat_function(json_t *tool_call);

#endif
