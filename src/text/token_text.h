// SPDX-License-Identifier: BSD-2-Clause
// Tokens in a form to look at.

#ifndef AOTI_TEXT_TOKEN_TEXT_H
#define AOTI_TEXT_TOKEN_TEXT_H

#include <stddef.h>
#include <stdint.h>

#include "common/memory.h"
#include "text/tokenizer.h"

// Appends the text of ID to OUT, on one line and in valid UTF-8: control bytes, the backslash and
// bytes that are no character of their own are written as in C.
void token_text_append(const struct tokenizer *tokenizer, int32_t id, struct buffer *out);

// Appends all tokens, a line each: the id, a tab, the text as above, a tab, and what kind it is:
// "model", "byte", "added" or "special". Ids that are not in use are left out.
void token_text_append_all(const struct tokenizer *tokenizer, struct buffer *out);

#endif
