// SPDX-License-Identifier: BSD-2-Clause
// What is done to text before tokens are looked for.

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

// A fragment that is being normalized; all zero but for the rules is the state at its start.
struct normalizer {
    const struct tokenizer_rules *rules;  // lent
    bool started;                         // something of the fragment was seen
    struct spm_normalizer spm;       // does all of it where it has rules
    struct buffer held;                   // what may go on: for form C, the last segment
    struct nfc_segment segment;           // working memory
    struct buffer composed;               // the same
    struct alignment *alignment;  // lent: where it is noted what becomes of what, or NULL
    uint64_t source;              // place of the next byte that is normalized
    uint64_t origin;              // place of the first byte of the buffer that is appended to
};

// Appends to OUT what SIZE bytes of whole characters become, as far as that is certain, or all of
// it where the fragment ends; then the normalizer is at its start again.
void normalize(struct normalizer *normalizer, const uint8_t *text, size_t size, bool ends,
               struct buffer *out);

void normalizer_free(struct normalizer *normalizer);

#endif
