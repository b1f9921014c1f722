// SPDX-License-Identifier: BSD-2-Clause
// Tokens in printable form.

#ifndef AOTI_TEXT_TOKEN_TEXT_H
#define AOTI_TEXT_TOKEN_TEXT_H

#include <stddef.h>
#include <stdint.h>

#include "common/memory.h"
#include "text/tokenizer.h"

// Appends the text of ID to OUT on one line of valid UTF-8. Control bytes, the backslash and bytes
// that are not part of a character are escaped as in C.
void token_text_append(const struct tokenizer *tokenizer, int32_t id, struct buffer *out);

// Appends all tokens that are in use, one a line: id, tab, text as above, tab, kind ("model",
// "byte", "added" or "special").
void token_text_append_all(const struct tokenizer *tokenizer, struct buffer *out);

#endif
