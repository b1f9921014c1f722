// SPDX-License-Identifier: BSD-2-Clause

#include "config.h"

#include "text/chat.h"

#include <stdlib.h>
#include <string.h>

#include "common/diagnostics.h"
#include "text/chat_format.h"
#include "text/unicode_classes.h"
#include "text/utf8.h"

static const struct {
    const char *name;
    chat_format *render;
} formats[] = {
    {"llama3", chat_llama3}, {"qwen2.5", chat_qwen25}, {"qwen3", chat_qwen3},
    {"chatml", chat_chatml}, {"mistral", chat_mistral}, {"gemma", chat_gemma},
    {"phi3", chat_phi3},
};

const char chat_formats[] = "llama3, qwen2.5, qwen3, chatml, mistral, gemma, phi3";

static chat_format *find_format(const char *name)
{
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
        if (strcmp(name, formats[i].name) == 0)
            return formats[i].render;
    return NULL;
}

void chat_check_format(const char *format)
{
    if (find_format(format) == NULL)
        die_usage("--chat: unknown format '%s': expected one of %s", format, chat_formats);
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
        die(STATUS_INPUT, "%s: no token '%s', which the chat format needs", tokenizer->name, name);
    if (prompt->count == prompt->capacity) {
        prompt->capacity = 2 * prompt->capacity + 16;
        prompt->controls =
            xreallocarray(prompt->controls, prompt->capacity, sizeof *prompt->controls);
    }
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
        chat_die(conversation, index, "its content is no text");
    return content;
}

// White space by Python: that of Unicode and four separators of ASCII.
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

json_object *chat_function(json_object *tool_call)
{
    json_object *function = NULL;
    if (json_object_get_type(tool_call) == json_type_object)
        json_object_object_get_ex(tool_call, "function", &function);
    return function != NULL ? function : tool_call;
}

static struct chat_message read_message(const struct json_source *source, json_object *value)
{
    struct chat_message message = {.value = value, .role = json_get_text(source, value, "role")};
    json_object *calls = NULL;
    json_object_object_get_ex(value, "content", &message.content_value);
    if (json_object_get_type(message.content_value) == json_type_string)
        message.content = (struct text_span){
            .text = json_object_get_string(message.content_value),
            .size = (size_t)json_object_get_string_len(message.content_value),
        };
    message.has_tool_calls = json_object_object_get_ex(value, "tool_calls", &calls);
    if (calls != NULL)
        calls = json_get(source, value, "tool_calls", json_type_array);
    if (calls != NULL && json_object_array_length(calls) > 0)
        message.tool_calls = calls;
    return message;
}

static json_object *new_message(const char *role, const char *text, size_t size)
{
    json_object *message = json_object_new_object();
    json_object_object_add(message, "role", json_object_new_string(role));
    json_object_object_add(message, "content", json_object_new_string_len(text, (int)size));
    return message;
}

// MESSAGES with the system message of the options before them, unless they have one.
static json_object *with_system(const struct json_source *source,
                                const struct chat_options *options, json_object *messages)
{
    json_object *whole = json_object_new_array();
    json_object *first = json_object_array_get_idx(messages, 0);
    if (options->system != NULL
        && (first == NULL || strcmp(json_get_text(source, first, "role"), "system") != 0))
        json_object_array_add(whole,
                              new_message("system", options->system, strlen(options->system)));
    for (size_t i = 0; i < json_object_array_length(messages); i++)
        json_object_array_add(whole, json_object_get(json_object_array_get_idx(messages, i)));
    return whole;
}

static void render(struct chat_prompt *prompt, const struct chat_options *options,
                   const struct json_source *source, json_object *messages, json_object *tools)
{
    json_object *whole = with_system(source, options, messages);
    struct conversation conversation = {
        .source = *source,
        .options = options,
        .count = json_object_array_length(whole),
        .tools = tools,
    };
    if (conversation.count == 0)
        die(source->status, "%s: a conversation without messages", source->name);
    conversation.messages = xcalloc(conversation.count, sizeof *conversation.messages);
    for (size_t i = 0; i < conversation.count; i++)
        conversation.messages[i] = read_message(source, json_object_array_get_idx(whole, i));
    find_format(options->format)(prompt, &conversation);
    free(conversation.messages);
    json_object_put(whole);
}

void chat_render_text(struct chat_prompt *prompt, const struct chat_options *options,
                      const char *text, size_t size)
{
    const struct json_source source = {.name = "--chat", .status = STATUS_INPUT};
    if (size > INT32_MAX / 2)
        die(STATUS_INPUT, "a message of more than 1 GiB");
    json_object *messages = json_object_new_array();
    json_object_array_add(messages, new_message("user", text, size));
    render(prompt, options, &source, messages, NULL);
    json_object_put(messages);
}

void chat_render_json(struct chat_prompt *prompt, const struct chat_options *options,
                      const struct json_source *source, const char *text, size_t size)
{
    json_object *root = json_parse(source, text, size), *messages = root, *tools = NULL;
    if (json_object_get_type(root) != json_type_array) {
        messages = json_get(source, root, "messages", json_type_array);
        tools = json_find(source, root, "tools", json_type_array);
    }
    if (tools != NULL && json_object_array_length(tools) == 0)
        tools = NULL;
    render(prompt, options, source, messages, tools);
    json_object_put(root);
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
