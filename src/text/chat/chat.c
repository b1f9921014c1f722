// SPDX-License-Identifier: BSD-2-Clause

#include "config.h"

#include "text/chat/chat.h"

#include <stdlib.h>
#include <string.h>

#include "common/diagnostics.h"
#include "text/chat/format.h"
#include "text/unicode/classes.h"
#include "text/unicode/utf8.h"

static const struct {
    const char *name;
    chat_format *render;
} formats[] = {
    {"llama3", chat_llama3}, {"qwen2.5", chat_qwen25}, {"qwen3", chat_qwen3},
    {"chatml", chat_chatml}, {"mistral", chat_mistral}, {"gemma", chat_gemma},
    {"phi3", chat_phi3},
};

static chat_format *find_format(const char *name)
{
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
        if (strcmp(name, formats[i].name) == 0)
            return formats[i].render;
    abort();  // the option table accepts no other name
}

void chat_put_text(struct chat_prompt *prompt, const char *text)
{
    buffer_append(&prompt->text, text, strlen(text));
}

void chat_put_span(struct chat_prompt *prompt, struct text_span span)
{
    buffer_append(&prompt->text, span.text, span.size);
}

void chat_put_control(struct chat_prompt *prompt, const char *name)
{
    const struct tokenizer *tokenizer = prompt->tokenizer;
    int32_t id = tokenizer_find_added(tokenizer, name, strlen(name));
    if (id == ID_NONE)
        die(STATUS_INPUT, "%s: no token '%s', required by the chat format", tokenizer->name, name);
    prompt->controls =
        xgrow(prompt->controls, prompt->count, &prompt->capacity, sizeof *prompt->controls);
    prompt->controls[prompt->count++] =
        (struct chat_control){.offset = prompt->text.size, .id = id};
}

bool chat_is(const struct chat_message *message, const char *role)
{
    return strcmp(message->role, role) == 0;
}

void chat_die(const struct conversation *conversation, size_t index, const char *what)
{
    die(STATUS_INPUT, "%s: message %zu: %s", conversation->source.name, index + 1, what);
}

struct text_span chat_content(const struct conversation *conversation, size_t index)
{
    struct text_span content = conversation->messages[index].content;
    if (content.text == NULL)
        chat_die(conversation, index, "content is not a string");
    return content;
}

// Python's white space: Unicode's and four ASCII separators.
static bool is_python_space(uint32_t code)
{
    return (unicode_classes(code) & CLASS_SPACE) || (code >= 0x1c && code <= 0x1f);
}

struct text_span chat_trimmed(struct text_span span)
{
    const uint8_t *begin = (const uint8_t *)span.text, *end = begin + span.size;
    uint32_t code;
    while (begin < end) {
        size_t length = utf8_decode(begin, (size_t)(end - begin), &code);
        if (!is_python_space(code))
            break;
        begin += length;
    }
    while (begin < end) {
        const uint8_t *last = utf8_previous(begin, end);
        utf8_decode(last, (size_t)(end - last), &code);
        if (!is_python_space(code))
            break;
        end = last;
    }
    return (struct text_span){.text = (const char *)begin, .size = (size_t)(end - begin)};
}

json_t *chat_function(json_t *tool_call)
{
    json_t *function = json_object_get(tool_call, "function");
    return function != NULL ? function : tool_call;
}

static struct chat_message read_message(const struct json_source *source, json_t *value)
{
    struct chat_message message = {.value = value, .role = json_get_text(source, value, "role")};
    message.content_value = json_object_get(value, "content");
    if (json_is_string(message.content_value))
        message.content = (struct text_span){
            .text = json_string_value(message.content_value),
            .size = json_string_length(message.content_value),
        };
    message.has_tool_calls = json_object_get(value, "tool_calls") != NULL;
    json_t *calls = json_find(source, value, "tool_calls", JSON_ARRAY);
    if (calls != NULL && json_array_size(calls) > 0)
        message.tool_calls = calls;
    return message;
}

static json_t *new_message(const char *role, const char *text, size_t size)
{
    json_t *message = json_object();
    json_object_set_new(message, "role", json_string(role));
    json_object_set_new(message, "content", json_stringn_nocheck(text, size));
    return message;
}

// Returns MESSAGES, preceded by the system message of the options unless they have one.
static json_t *with_system(const struct json_source *source,
                                const struct chat_options *options, json_t *messages)
{
    json_t *whole = json_array();
    json_t *first = json_array_get(messages, 0);
    if (options->system != NULL
        && (first == NULL || strcmp(json_get_text(source, first, "role"), "system") != 0))
        json_array_append_new(whole,
                              new_message("system", options->system, strlen(options->system)));
    for (size_t i = 0; i < json_array_size(messages); i++)
        json_array_append_new(whole, json_incref(json_array_get(messages, i)));
    return whole;
}

static void render(struct chat_prompt *prompt, const struct chat_options *options,
                   const struct json_source *source, json_t *messages, json_t *tools)
{
    json_t *whole = with_system(source, options, messages);
    struct conversation conversation = {
        .source = *source,
        .options = options,
        .count = json_array_size(whole),
        .tools = tools,
    };
    if (conversation.count == 0)
        die(source->status, "%s: conversation has no messages", source->name);
    conversation.messages = xcalloc(conversation.count, sizeof *conversation.messages);
    for (size_t i = 0; i < conversation.count; i++)
        conversation.messages[i] = read_message(source, json_array_get(whole, i));
    find_format(options->format)(prompt, &conversation);
    free(conversation.messages);
    json_decref(whole);
}

void chat_render_text(struct chat_prompt *prompt, const struct chat_options *options,
                      const char *text, size_t size)
{
    const struct json_source source = {.name = "--chat", .status = STATUS_INPUT};
    json_t *messages = json_array();
    json_array_append_new(messages, new_message("user", text, size));
    render(prompt, options, &source, messages, NULL);
    json_decref(messages);
}

void chat_render_json(struct chat_prompt *prompt, const struct chat_options *options,
                      const struct json_source *source, const char *text, size_t size)
{
    json_t *root = json_parse(source, text, size), *messages = root, *tools = NULL;
    if (!json_is_array(root)) {
        messages = json_get(source, root, "messages", JSON_ARRAY);
        tools = json_find(source, root, "tools", JSON_ARRAY);
    }
    if (tools != NULL && json_array_size(tools) == 0)
        tools = NULL;
    render(prompt, options, source, messages, tools);
    json_decref(root);
}

void chat_encode(struct chat_prompt *prompt, struct encoder *encoder, struct id_list *ids)
{
    size_t done = 0;
    for (size_t i = 0; i < prompt->count; i++) {
        const struct chat_control *control = &prompt->controls[i];
        encoder_feed(encoder, prompt->text.data + done, control->offset - done, ids);
        encoder_put_token(encoder, control->id, ids);
        done = control->offset;
    }
    encoder_feed(encoder, prompt->text.data + done, prompt->text.size - done, ids);
    encoder_end(encoder, ids);
    prompt->text.size = prompt->count = 0;
}

void chat_prompt_free(struct chat_prompt *prompt)
{
    buffer_free(&prompt->text);
    free(prompt->controls);
    *prompt = (struct chat_prompt){0};
}
