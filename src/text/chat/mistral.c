// SPDX-License-Identifier: BSD-2-Clause
// The format of Mistral Nemo: the system message is part of the last message, if that is the
// user's.

#include "config.h"

#include <string.h>

#include "text/chat/format.h"

enum { CALL_ID_SIZE = 9 };

static bool has_calls(const struct chat_message *message)
{
    json_t *calls = json_object_get(message->value, "tool_calls");
    return calls != NULL && !json_is_null(calls);
}

static bool is_result(const struct chat_message *message)
{
    return chat_is(message, "tool") || chat_is(message, "tool_results");
}

static void check_order(const struct conversation *conversation, size_t first)
{
    bool user_speaks = true;
    for (size_t i = first; i < conversation->count; i++) {
        const struct chat_message *message = &conversation->messages[i];
        if (is_result(message) || has_calls(message))
            continue;
        if (chat_is(message, "user") != user_speaks)
            chat_die(conversation, i, "user and assistant must take turns");
        user_speaks = !user_speaks;
    }
}

// Inserts strings without escapes, as the template does.
static void put_tool(struct chat_prompt *prompt, const struct conversation *conversation,
                     json_t *tool)
{
    bool first = true;
    json_t *function = json_get(&conversation->source, tool, "function", JSON_OBJECT);
    chat_put_text(prompt, "{\"type\": \"function\", \"function\": {");
    const char *key;
    json_t *value;
    json_object_foreach(function, key, value)
    {
        if (strcmp(key, "return") == 0)
            continue;
        chat_put_text(prompt, first ? "\"" : ", \"");
        first = false;
        chat_put_text(prompt, key);
        chat_put_text(prompt, "\": ");
        if (json_is_string(value)) {
            chat_put_text(prompt, "\"");
            chat_put_text(prompt, json_string_value(value));
            chat_put_text(prompt, "\"");
        } else {
            chat_put_json(prompt, value, 0);
        }
    }
    chat_put_text(prompt, "}}");
}

static void put_tools(struct chat_prompt *prompt, const struct conversation *conversation)
{
    chat_put_control(prompt, "[AVAILABLE_TOOLS]");
    chat_put_text(prompt, "[");
    for (size_t i = 0; i < json_array_size(conversation->tools); i++) {
        chat_put_text(prompt, i > 0 ? ", " : "");
        put_tool(prompt, conversation, json_array_get(conversation->tools, i));
    }
    chat_put_text(prompt, "]");
    chat_put_control(prompt, "[/AVAILABLE_TOOLS]");
}

// The template compares messages by value, so the tools precede every copy of the last one.
static bool is_last_question(const struct conversation *conversation, size_t index)
{
    size_t last = conversation->count - 1;
    while (!chat_is(&conversation->messages[last], "user"))
        last--;
    return json_equal(conversation->messages[index].value,
                             conversation->messages[last].value);
}

static void put_user(struct chat_prompt *prompt, const struct conversation *conversation,
                     size_t index, struct text_span system)
{
    if (conversation->tools != NULL && is_last_question(conversation, index))
        put_tools(prompt, conversation);
    chat_put_control(prompt, "[INST]");
    if (system.text != NULL && index + 1 == conversation->count) {
        chat_put_span(prompt, system);
        chat_put_text(prompt, "\n\n");
    }
    chat_put_span(prompt, chat_content(conversation, index));
    chat_put_control(prompt, "[/INST]");
}

static const char *call_id(const struct conversation *conversation, size_t index,
                           json_t *object, const char *key)
{
    const char *id = json_find_text(&conversation->source, object, key, "");
    if (strlen(id) != CALL_ID_SIZE)
        chat_die(conversation, index, "the id of a tool call must have nine characters");
    return id;
}

static void put_calls(struct chat_prompt *prompt, const struct conversation *conversation,
                      size_t index)
{
    json_t *calls = conversation->messages[index].tool_calls;
    size_t count = calls != NULL ? json_array_size(calls) : 0;
    chat_put_control(prompt, "[TOOL_CALLS]");
    chat_put_text(prompt, "[");
    for (size_t i = 0; i < count; i++) {
        json_t *call = json_array_get(calls, i);
        json_t *function = json_get(&conversation->source, call, "function",
                                         JSON_OBJECT);
        chat_put_text(prompt, i > 0 ? ", " : "");
        chat_put_json(prompt, function, 0);
        prompt->text.size--;  // the brace: the id is still to come
        chat_put_text(prompt, ", \"id\": \"");
        chat_put_text(prompt, call_id(conversation, index, call, "id"));
        chat_put_text(prompt, "\"}");
    }
    if (count > 0) {
        chat_put_text(prompt, "]");
        chat_put_control(prompt, "</s>");
    }
}

static void put_result(struct chat_prompt *prompt, const struct conversation *conversation,
                       size_t index)
{
    chat_put_control(prompt, "[TOOL_RESULTS]");
    chat_put_text(prompt, "{\"content\": ");
    chat_put_span(prompt, chat_content(conversation, index));
    chat_put_text(prompt, ", \"call_id\": \"");
    chat_put_text(prompt, call_id(conversation, index, conversation->messages[index].value,
                                  "tool_call_id"));
    chat_put_text(prompt, "\"}");
    chat_put_control(prompt, "[/TOOL_RESULTS]");
}

void chat_mistral(struct chat_prompt *prompt, const struct conversation *conversation)
{
    struct text_span system = {0};
    size_t first = 0;
    if (chat_is(&conversation->messages[0], "system"))
        system = chat_content(conversation, first++);
    check_order(conversation, first);
    chat_put_control(prompt, "<s>");
    for (size_t i = first; i < conversation->count; i++) {
        const struct chat_message *message = &conversation->messages[i];
        if (chat_is(message, "user")) {
            put_user(prompt, conversation, i, system);
        } else if (has_calls(message)) {
            put_calls(prompt, conversation, i);
        } else if (chat_is(message, "assistant")) {
            chat_put_span(prompt, chat_content(conversation, i));
            chat_put_control(prompt, "</s>");
        } else if (is_result(message)) {
            put_result(prompt, conversation, i);
        } else {
            chat_die(conversation, i, "unknown role");
        }
    }
}
