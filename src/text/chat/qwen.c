// SPDX-License-Identifier: BSD-2-Clause
// ChatML, plain and as used by Qwen 2.5 and Qwen 3. Content is not stripped. Consecutive tool
// results share one turn of the user.

#include "config.h"

#include <string.h>

#include "text/chat/format.h"

static void begin_turn(struct chat_prompt *prompt, const char *role)
{
    chat_put_control(prompt, "<|im_start|>");
    chat_put_text(prompt, role);
}

static void end_turn(struct chat_prompt *prompt)
{
    chat_put_control(prompt, "<|im_end|>");
    chat_put_text(prompt, "\n");
}

static void put_turn(struct chat_prompt *prompt, const char *role, struct text_span content)
{
    begin_turn(prompt, role);
    chat_put_text(prompt, "\n");
    chat_put_span(prompt, content);
    end_turn(prompt);
}

static void put_reply(struct chat_prompt *prompt, const struct conversation *conversation)
{
    if (!conversation->options->replies)
        return;
    begin_turn(prompt, "assistant");
    chat_put_text(prompt, "\n");
}

void chat_chatml(struct chat_prompt *prompt, const struct conversation *conversation)
{
    if (conversation->tools != NULL)
        chat_die(conversation, 0, "this format has no tools");
    for (size_t i = 0; i < conversation->count; i++) {
        if (conversation->messages[i].tool_calls != NULL)
            chat_die(conversation, i, "this format has no tool calls");
        put_turn(prompt, conversation->messages[i].role, chat_content(conversation, i));
    }
    put_reply(prompt, conversation);
}

static void put_tools(struct chat_prompt *prompt, const struct conversation *conversation)
{
    chat_put_text(prompt,
                  "# Tools\n\nYou may call one or more functions to assist with the user query.\n\n"
                  "You are provided with function signatures within <tools></tools> XML tags:\n"
                  "<tools>");
    for (size_t i = 0; i < json_array_size(conversation->tools); i++) {
        chat_put_text(prompt, "\n");
        chat_put_json(prompt, json_array_get(conversation->tools, i), 0);
    }
    chat_put_text(prompt,
                  "\n</tools>\n\nFor each function call, return a json object with function name "
                  "and arguments within <tool_call></tool_call> XML tags:\n<tool_call>\n{\"name\": "
                  "<function-name>, \"arguments\": <args-json-object>}\n</tool_call>");
}

// Writes the system message, or OTHERWISE, and the tools. Writes no turn if there is neither.
static void put_system(struct chat_prompt *prompt, const struct conversation *conversation,
                       const char *otherwise)
{
    struct text_span system = {.text = otherwise, .size = otherwise ? strlen(otherwise) : 0};
    if (chat_is(&conversation->messages[0], "system"))
        system = chat_content(conversation, 0);
    if (system.text == NULL && conversation->tools == NULL)
        return;
    begin_turn(prompt, "system");
    chat_put_text(prompt, "\n");
    chat_put_span(prompt, system);
    if (system.text != NULL && conversation->tools != NULL)
        chat_put_text(prompt, "\n\n");
    if (conversation->tools != NULL)
        put_tools(prompt, conversation);
    end_turn(prompt);
}

static void put_tool_result(struct chat_prompt *prompt, const struct conversation *conversation,
                            size_t index)
{
    const struct chat_message *messages = conversation->messages;
    if (index == 0 || !chat_is(&messages[index - 1], "tool"))
        begin_turn(prompt, "user");
    chat_put_text(prompt, "\n<tool_response>\n");
    chat_put_span(prompt, chat_content(conversation, index));
    chat_put_text(prompt, "\n</tool_response>");
    if (index + 1 == conversation->count || !chat_is(&messages[index + 1], "tool"))
        end_turn(prompt);
}

static void put_tool_call(struct chat_prompt *prompt, const struct conversation *conversation,
                          size_t index, json_t *call, bool plain_arguments)
{
    json_t *arguments = json_object_get(call, "arguments");
    chat_put_text(prompt, "<tool_call>\n{\"name\": \"");
    chat_put_text(prompt, json_get_text(&conversation->source, call, "name"));
    chat_put_text(prompt, "\", \"arguments\": ");
    if (arguments == NULL)
        chat_die(conversation, index, "a tool call has no arguments");
    if (plain_arguments && json_is_string(arguments))
        chat_put_text(prompt, json_string_value(arguments));
    else
        chat_put_json(prompt, arguments, 0);
    chat_put_text(prompt, "}\n</tool_call>");
}

static void put_qwen25_assistant(struct chat_prompt *prompt,
                                 const struct conversation *conversation, size_t index)
{
    const struct chat_message *message = &conversation->messages[index];
    if (message->tool_calls == NULL) {
        put_turn(prompt, "assistant", chat_content(conversation, index));
        return;
    }
    begin_turn(prompt, "assistant");
    if (message->content.size > 0) {
        chat_put_text(prompt, "\n");
        chat_put_span(prompt, message->content);
    }
    for (size_t i = 0; i < json_array_size(message->tool_calls); i++) {
        chat_put_text(prompt, "\n");
        put_tool_call(prompt, conversation, index,
                      chat_function(json_array_get(message->tool_calls, i)), false);
    }
    end_turn(prompt);
}

typedef void put_assistant(struct chat_prompt *prompt, const struct conversation *conversation,
                           size_t index);

static void put_messages(struct chat_prompt *prompt, const struct conversation *conversation,
                         put_assistant *assistant)
{
    for (size_t i = 0; i < conversation->count; i++) {
        const struct chat_message *message = &conversation->messages[i];
        if (chat_is(message, "user") || (chat_is(message, "system") && i > 0))
            put_turn(prompt, message->role, chat_content(conversation, i));
        else if (chat_is(message, "assistant"))
            assistant(prompt, conversation, i);
        else if (chat_is(message, "tool"))
            put_tool_result(prompt, conversation, i);
        else if (!chat_is(message, "system"))
            chat_die(conversation, i, "unknown role");
    }
    put_reply(prompt, conversation);
}

void chat_qwen25(struct chat_prompt *prompt, const struct conversation *conversation)
{
    put_system(prompt, conversation,
               "You are Qwen, created by Alibaba Cloud. You are a helpful assistant.");
    put_messages(prompt, conversation, put_qwen25_assistant);
}

// --- Qwen 3 -----------------------------------------------------------------------------------
// The assistant's thoughts are kept only after the last question of the user.

static bool begins_with(struct text_span span, const char *text)
{
    size_t size = strlen(text);
    return span.size >= size && memcmp(span.text, text, size) == 0;
}

static bool ends_with(struct text_span span, const char *text)
{
    size_t size = strlen(text);
    return span.size >= size && memcmp(span.text + span.size - size, text, size) == 0;
}

static size_t last_question(const struct conversation *conversation)
{
    for (size_t i = conversation->count; i-- > 0;) {
        if (!chat_is(&conversation->messages[i], "user"))
            continue;
        struct text_span content = chat_content(conversation, i);
        if (!begins_with(content, "<tool_response>") || !ends_with(content, "</tool_response>"))
            return i;
    }
    return conversation->count - 1;
}

static struct text_span without_newlines_before(struct text_span span)
{
    while (span.size > 0 && *span.text == '\n') {
        span.text++;
        span.size--;
    }
    return span;
}

static struct text_span without_newlines_after(struct text_span span)
{
    while (span.size > 0 && span.text[span.size - 1] == '\n')
        span.size--;
    return span;
}

// Sets *BEFORE to the part of SPAN before the first MARK and *AFTER to the part after the last. If
// there is no MARK, sets both to SPAN and returns false.
static bool cut_at(struct text_span span, const char *mark, struct text_span *before,
                   struct text_span *after)
{
    size_t size = strlen(mark);
    const char *end = span.text + span.size;
    const char *first = memmem(span.text, span.size, mark, size), *last = first, *next;
    *before = *after = span;
    if (first == NULL)
        return false;
    while ((next = memmem(last + size, (size_t)(end - last) - size, mark, size)) != NULL)
        last = next;
    before->size = (size_t)(first - span.text);
    after->text = last + size;
    after->size = (size_t)(end - after->text);
    return true;
}

// Removes the thoughts from *CONTENT and returns them.
static struct text_span take_thoughts(const struct chat_message *message,
                                      struct text_span *content)
{
    json_t *member = json_object_get(message->value, "reasoning_content");
    struct text_span thoughts = {.text = ""}, before, after, unused;
    if (json_is_string(member)) {
        thoughts.text = json_string_value(member);
        thoughts.size = json_string_length(member);
    } else if (cut_at(*content, "</think>", &before, &after)) {
        *content = without_newlines_before(after);
        cut_at(without_newlines_after(before), "<think>", &unused, &thoughts);
        thoughts = without_newlines_before(thoughts);
    }
    return thoughts;
}

static void put_qwen3_assistant(struct chat_prompt *prompt,
                                const struct conversation *conversation, size_t index)
{
    const struct chat_message *message = &conversation->messages[index];
    struct text_span content = {.text = ""};  // optional beside tool calls
    if (message->content.text != NULL || message->tool_calls == NULL)
        content = chat_content(conversation, index);
    struct text_span thoughts = take_thoughts(message, &content);
    bool is_last = index + 1 == conversation->count;
    begin_turn(prompt, "assistant");
    chat_put_text(prompt, "\n");
    if (index > last_question(conversation) && (is_last || thoughts.size > 0)) {
        chat_put_text(prompt, "<think>\n");
        chat_put_span(prompt, without_newlines_before(without_newlines_after(thoughts)));
        chat_put_text(prompt, "\n</think>\n\n");
        chat_put_span(prompt, without_newlines_before(content));
    } else {
        chat_put_span(prompt, content);
    }
    size_t calls = message->tool_calls ? json_array_size(message->tool_calls) : 0;
    for (size_t i = 0; i < calls; i++) {
        if (i > 0 || content.size > 0)
            chat_put_text(prompt, "\n");
        put_tool_call(prompt, conversation, index,
                      chat_function(json_array_get(message->tool_calls, i)), true);
    }
    end_turn(prompt);
}

void chat_qwen3(struct chat_prompt *prompt, const struct conversation *conversation)
{
    put_system(prompt, conversation, NULL);
    put_messages(prompt, conversation, put_qwen3_assistant);
}
