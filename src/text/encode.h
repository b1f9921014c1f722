// SPDX-License-Identifier: BSD-2-Clause
// Text of any length to token ids, in memory that does not grow with the text.

#ifndef AOTI_TEXT_ENCODE_H
#define AOTI_TEXT_ENCODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/id_list.h"
#include "text/alignment.h"
#include "text/tokenizer.h"

// What becomes of bytes that are not UTF-8.
enum invalid_policy {
    INVALID_REPLACE = 0,  // U+FFFD, as the reference's callers do
    INVALID_KEEP,         // the bytes themselves, so that decoding gives them back
    INVALID_REFUSE,       // death with STATUS_INPUT and the place
};

// Which added tokens are looked for in text.
enum added_policy {
    ADDED_ORDINARY = 0,  // those that are no control tokens
    ADDED_ALL,           // control tokens too
    ADDED_NONE,
};

struct encoder_options {
    enum invalid_policy invalid;
    enum added_policy added;
    const char *input_name;  // for messages, lent
    struct span_list *spans;  // lent, or NULL: see below
};

struct encoder;

// TOKENIZER must outlive the encoder. Where spans are wanted, one is appended for each id that is:
// the bytes of the sequence that the token stands for. A token that holds a part of a character
// stands for that part, unless the character was changed by normalization or replaced: then for all
// of what was changed together. What the tokenizer puts in stands for nothing, at its place. The
// white space that an added token swallows is not part of it. Spans are not for encoder_put_token.
struct encoder *encoder_new(const struct tokenizer *tokenizer,
                            const struct encoder_options *options);
void encoder_free(struct encoder *encoder);

// Changes the name used in messages, for the next input; offsets count from 0 again.
void encoder_set_input(struct encoder *encoder, const char *name);

// Between two sequences: SIZE bytes of the input are part of none.
void encoder_skip(struct encoder *encoder, size_t size);

// Appends SIZE bytes to the sequence that is being encoded. What is certain is appended to IDS.
void encoder_feed(struct encoder *encoder, const void *text, size_t size, struct id_list *ids);

// Ends the sequence: the rest is appended to IDS, and the next text begins a new sequence. Returns
// the bytes of the sequence.
uint64_t encoder_end(struct encoder *encoder, struct id_list *ids);

// Appends a token as if it had been an added token in the text.
void encoder_put_token(struct encoder *encoder, int32_t id, struct id_list *ids);

#endif
