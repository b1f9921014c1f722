// SPDX-License-Identifier: BSD-2-Clause
// The short formats: Gemma 2 and Phi 3.5.

#include "config.h"

#include "text/chat/format.h"

static void refuse_tools(const struct conversation *conversation)
{
    if (conversation->tools != NULL)
        chat_die(conversation, 0, "this format has no tools");
    for (size_t i = 0; i < conversation->count; i++)
        if (conversation->messages[i].tool_calls != NULL)
            chat_die(conversation, i, "this format has no tool calls");
}

// Has no system message and calls the assistant "model".
void chat_gemma(struct chat_prompt *prompt, const struct conversation *conversation)
{
    refuse_tools(conversation);
    chat_put_control(prompt, "<bos>");
    for (size_t i = 0; i < conversation->count; i++) {
        const struct chat_message *message = &conversation->messages[i];
        if (i == 0 && chat_is(message, "system"))
            chat_die(conversation, i, "this format has no system message");
        if (chat_is(message, "user") != (i % 2 == 0))
            chat_die(conversation, i, "user and assistant must take turns");
        chat_put_control(prompt, "<start_of_turn>");
        chat_put_text(prompt, chat_is(message, "assistant") ? "model" : message->role);
        chat_put_text(prompt, "\n");
        chat_put_span(prompt, chat_trimmed(chat_content(conversation, i)));
        chat_put_control(prompt, "<end_of_turn>");
        chat_put_text(prompt, "\n");
    }
    if (conversation->options->replies) {
        chat_put_control(prompt, "<start_of_turn>");
        chat_put_text(prompt, "model\n");
    }
}

// Leaves out an empty system message. The control tokens swallow the newlines after them.
void chat_phi3(struct chat_prompt *prompt, const struct conversation *conversation)
{
    refuse_tools(conversation);
    for (size_t i = 0; i < conversation->count; i++) {
        const struct chat_message *message = &conversation->messages[i];
        bool system = chat_is(message, "system"), user = chat_is(message, "user");
        if (!system && !user && !chat_is(message, "assistant"))
            chat_die(conversation, i, "unknown role");
        struct text_span content = chat_content(conversation, i);
        if (system && content.size == 0)
            continue;
        chat_put_control(prompt, system ? "<|system|>" : user ? "<|user|>" : "<|assistant|>");
        chat_put_text(prompt, "\n");
        chat_put_span(prompt, content);
        chat_put_control(prompt, "<|end|>");
        chat_put_text(prompt, "\n");
    }
    chat_put_control(prompt, conversation->options->replies ? "<|assistant|>" : "<|endoftext|>");
    if (conversation->options->replies)
        chat_put_text(prompt, "\n");
}
