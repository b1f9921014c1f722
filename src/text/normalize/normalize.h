// SPDX-License-Identifier: BSD-2-Clause
// Normalizes text before it is split into words.

#ifndef AOTI_TEXT_NORMALIZE_NORMALIZE_H
#define AOTI_TEXT_NORMALIZE_NORMALIZE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/memory.h"
#include "text/alignment.h"
#include "text/normalize/sentencepiece.h"
#include "text/tokenizer.h"
#include "text/unicode/nfc.h"

// A fragment being normalized. All zero except for the rules is the initial state.
struct normalizer {
    const struct tokenizer_rules *rules;  // borrowed
    bool started;                         // the fragment is not empty so far
    struct spm_normalizer spm;       // does all the work if it has rules
    struct buffer held;                   // may still change; for form C, the last segment
    struct nfc_segment segment;           // working memory
    struct buffer composed;               // working memory
    struct alignment *alignment;  // borrowed: receives the origin of the output, or NULL
    uint64_t source;              // place of the next input byte
    uint64_t origin;              // place of the first byte of the output buffer
};

// Appends to OUT what the SIZE bytes of TEXT, whole characters, normalize to, as far as that is
// certain. If ENDS, appends everything and returns to the initial state.
void normalize(struct normalizer *normalizer, const uint8_t *text, size_t size, bool ends,
               struct buffer *out);

void normalizer_free(struct normalizer *normalizer);

#endif
