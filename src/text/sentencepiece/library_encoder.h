// SPDX-License-Identifier: BSD-2-Clause
// Text that libsentencepiece encodes, in parts as tokenizer_next_part cuts them.

#ifndef AOTI_TEXT_SENTENCEPIECE_LIBRARY_ENCODER_H
#define AOTI_TEXT_SENTENCEPIECE_LIBRARY_ENCODER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "text/alignment.h"
#include "text/id_list.h"
#include "text/tokenizer.h"

struct library_encoder;

// Returns NULL where TOKENIZER, which must outlive the encoder, does not need the library. Dies
// where the library refuses the model; so do the functions below where it fails.
struct library_encoder *library_encoder_new(const struct tokenizer *tokenizer);
void library_encoder_free(struct library_encoder *encoder);

// Appends the tokens of a part to IDS. FIRST: no part of the same text came before.
void library_encoder_run(struct library_encoder *encoder, const uint8_t *part, size_t size,
                         bool first, struct id_list *ids);

// The same, and appends what each token stands for to SPANS.
void library_encoder_run_spans(struct library_encoder *encoder, const uint8_t *part, size_t size,
                               bool first, struct id_list *ids, struct span_list *spans);

#endif
