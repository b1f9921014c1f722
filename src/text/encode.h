// SPDX-License-Identifier: BSD-2-Clause
// Encodes text of any length to token ids, in memory that does not grow with the text.

#ifndef AOTI_TEXT_ENCODE_H
#define AOTI_TEXT_ENCODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/id_list.h"
#include "text/alignment.h"
#include "text/tokenizer.h"

// What to do with bytes that are not UTF-8.
enum invalid_policy {
    INVALID_REPLACE = 0,  // encode U+FFFD, as the reference's callers do
    INVALID_KEEP,         // encode the bytes themselves, so that decoding restores them
    INVALID_REFUSE,       // die with STATUS_INPUT and the offset
};

// Which added tokens are matched in text.
enum added_policy {
    ADDED_ORDINARY = 0,  // only those that are not control tokens
    ADDED_ALL,           // control tokens too
    ADDED_NONE,
};

struct encoder_options {
    enum invalid_policy invalid;
    enum added_policy added;
    const char *input_name;  // for messages, borrowed
    struct span_list *spans;  // borrowed, or NULL; see encoder_new()
};

struct encoder;

// TOKENIZER must outlive the encoder.
//
// If options.spans is set, one span is appended for each id: the bytes of the sequence that the
// token covers. A token that is a part of a character covers that part; if the character was
// changed by normalization or replaced, the token covers everything that was changed together.
// Tokens that the tokenizer inserts cover nothing at their place. White space swallowed by an added
// token is not part of its span. encoder_put_token() cannot be used with spans.
struct encoder *encoder_new(const struct tokenizer *tokenizer,
                            const struct encoder_options *options);
void encoder_free(struct encoder *encoder);

// Sets the input name used in messages; offsets count from 0 again.
void encoder_set_input(struct encoder *encoder, const char *name);

// Between two sequences: skips SIZE bytes of input that belong to neither.
void encoder_skip(struct encoder *encoder, size_t size);

// Appends SIZE bytes to the current sequence, and the ids that are certain to IDS.
void encoder_feed(struct encoder *encoder, const void *text, size_t size, struct id_list *ids);

// Ends the sequence: appends the remaining ids to IDS. Returns the size of the sequence in bytes.
uint64_t encoder_end(struct encoder *encoder, struct id_list *ids);

// Appends a token as if the text had held it as an added token.
void encoder_put_token(struct encoder *encoder, int32_t id, struct id_list *ids);

#endif
