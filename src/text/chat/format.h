// SPDX-License-Identifier: BSD-2-Clause
// Building blocks of the chat formats.

#ifndef AOTI_TEXT_CHAT_FORMAT_H
#define AOTI_TEXT_CHAT_FORMAT_H

#include "text/chat/chat.h"

struct text_span {
    const char *text;  // NULL: none
    size_t size;
};

struct chat_message {
    const char *role;
    struct text_span content;  // if it is a string
    json_t *content_value;     // any type, or NULL
    json_t *tool_calls;        // an array, or NULL if it is missing, null or empty
    bool has_tool_calls;       // the member exists, whatever its value
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

// Appends the control token NAME. Dies if the tokenizer has no such token.
void chat_put_control(struct chat_prompt *prompt, const char *name);

// Appends VALUE as Python's json.dumps(ensure_ascii=False) prints it. If INDENT is not 0, puts
// elements on lines of their own, indented by INDENT spaces.
void chat_put_json(struct chat_prompt *prompt, json_t *value, int indent);

bool chat_is(const struct chat_message *message, const char *role);

// Returns the content of message INDEX. Dies if it is not a string.
struct text_span chat_content(const struct conversation *conversation, size_t index);

// Returns SPAN without leading and trailing white space, as Python's str.strip() does.
struct text_span chat_trimmed(struct text_span span);

// Dies with WHAT is wrong with message INDEX.
_Noreturn void chat_die(const struct conversation *conversation, size_t index, const char *what);

// Returns the function of a tool call, which may also be given without the enclosing object.
json_t *chat_function(json_t *tool_call);

#endif
