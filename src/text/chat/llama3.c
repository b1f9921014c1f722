// SPDX-License-Identifier: BSD-2-Clause
// The format of Llama 3.1 to 3.3, from the template that comes with the models. Content is stripped
// of surrounding white space. There is always a system message, with dates in it.

#include "config.h"

#include "text/chat/format.h"

static const char fixed_date[] = "26 Jul 2024";  // as in the template of 3.1

static void put_header(struct chat_prompt *prompt, const char *role)
{
    chat_put_control(prompt, "<|start_header_id|>");
    chat_put_text(prompt, role);
    chat_put_control(prompt, "<|end_header_id|>");
    chat_put_text(prompt, "\n\n");
}

static void put_system(struct chat_prompt *prompt, const struct conversation *conversation,
                       struct text_span content)
{
    const char *date = conversation->options->date;
    put_header(prompt, "system");
    if (conversation->tools != NULL)
        chat_put_text(prompt, "Environment: ipython\n");
    chat_put_text(prompt, "Cutting Knowledge Date: December 2023\nToday Date: ");
    chat_put_text(prompt, date != NULL ? date : fixed_date);
    chat_put_text(prompt, "\n\n");
    chat_put_span(prompt, content);
    chat_put_control(prompt, "<|eot_id|>");
}

// Puts the tools into the first user message.
static void put_tools(struct chat_prompt *prompt, const struct conversation *conversation,
                      size_t index)
{
    if (index == conversation->count)
        chat_die(conversation, index - 1, "no user message follows to hold the tools");
    put_header(prompt, "user");
    chat_put_text(prompt,
                  "Given the following functions, please respond with a JSON for a function call "
                  "with its proper arguments that best answers the given prompt.\n\n"
                  "Respond in the format {\"name\": function name, \"parameters\": dictionary of "
                  "argument name and its value}.Do not use variables.\n\n");
    for (size_t i = 0; i < json_array_size(conversation->tools); i++) {
        chat_put_json(prompt, json_array_get(conversation->tools, i), 4);
        chat_put_text(prompt, "\n\n");
    }
    chat_put_span(prompt, chat_trimmed(chat_content(conversation, index)));
    chat_put_control(prompt, "<|eot_id|>");
}

static void put_tool_call(struct chat_prompt *prompt, const struct conversation *conversation,
                          size_t index)
{
    json_t *calls = conversation->messages[index].tool_calls;
    if (calls == NULL || json_array_size(calls) != 1)
        chat_die(conversation, index, "exactly one tool call is allowed");
    json_t *call = json_get(&conversation->source, json_array_get(calls, 0),
                                 "function", JSON_OBJECT);
    put_header(prompt, "assistant");
    chat_put_text(prompt, "{\"name\": \"");
    chat_put_text(prompt, json_get_text(&conversation->source, call, "name"));
    chat_put_text(prompt, "\", \"parameters\": ");
    json_t *arguments = json_object_get(call, "arguments");
    if (arguments == NULL)
        chat_die(conversation, index, "the tool call has no arguments");
    chat_put_json(prompt, arguments, 0);
    chat_put_text(prompt, "}");
    chat_put_control(prompt, "<|eot_id|>");
}

static void put_tool_result(struct chat_prompt *prompt, const struct conversation *conversation,
                            size_t index)
{
    json_t *content = conversation->messages[index].content_value;
    if (!json_is_string(content) && !json_is_object(content) && !json_is_array(content))
        chat_die(conversation, index, "a tool result must be a string, an object or an array");
    put_header(prompt, "ipython");
    chat_put_json(prompt, content, 0);
    chat_put_control(prompt, "<|eot_id|>");
}

static void put_message(struct chat_prompt *prompt, const struct conversation *conversation,
                        size_t index)
{
    const struct chat_message *message = &conversation->messages[index];
    if (message->has_tool_calls) {
        put_tool_call(prompt, conversation, index);
    } else if (chat_is(message, "tool") || chat_is(message, "ipython")) {
        put_tool_result(prompt, conversation, index);
    } else {
        put_header(prompt, message->role);
        chat_put_span(prompt, chat_trimmed(chat_content(conversation, index)));
        chat_put_control(prompt, "<|eot_id|>");
    }
}

void chat_llama3(struct chat_prompt *prompt, const struct conversation *conversation)
{
    size_t next = 0;
    struct text_span system = {.text = ""};
    if (chat_is(&conversation->messages[0], "system"))
        system = chat_trimmed(chat_content(conversation, next++));
    chat_put_control(prompt, "<|begin_of_text|>");
    put_system(prompt, conversation, system);
    if (conversation->tools != NULL)
        put_tools(prompt, conversation, next++);
    for (; next < conversation->count; next++)
        put_message(prompt, conversation, next);
    if (conversation->options->replies)
        put_header(prompt, "assistant");
}
