// SPDX-License-Identifier: BSD-2-Clause

#include "config.h"

#include "text/decode.h"

#include <stdlib.h>
#include <string.h>

#include "common/diagnostics.h"

void decoder_init(struct decoder *decoder, const struct tokenizer *tokenizer, bool keep_special)
{
    if (!tokenizer->rules.decodes)
        die(STATUS_INPUT, "%s: no decoder in the file", tokenizer->name);
    *decoder = (struct decoder){
        .tokenizer = tokenizer,
        .plain = xcalloc(tokenizer->vocabulary.count, sizeof *decoder->plain),
        .keep_special = keep_special,
        .at_start = true,
    };
}

void decoder_free(struct decoder *decoder)
{
    free(decoder->plain);
    *decoder = (struct decoder){0};
}

// Returns true if the token is spelled with a space at its beginning rather than U+2581. Only added
// tokens can be.
static bool begins_with_space(const struct tokenizer *tokenizer, int32_t id)
{
    const struct added_token *added = tokenizer_added(tokenizer, id);
    return added != NULL && !added->normalized && *added->content == ' ';
}

// Returns how many bytes to remove from ID, the first token of a sequence. Metaspace removes the
// spaces that were U+2581.
static size_t stripped(const struct tokenizer *tokenizer, int32_t id, const uint8_t *text,
                       size_t size)
{
    const struct tokenizer_rules *rules = &tokenizer->rules;
    size_t spaces = 0;
    if (rules->strip == STRIP_NONE || size == 0)
        return 0;
    if (rules->strip == STRIP_FIRST_SPACES && begins_with_space(tokenizer, id))
        return 0;
    while (spaces < size && text[spaces] == ' ')
        spaces++;
    return rules->strip != STRIP_FIRST_SPACES && spaces > 1 ? 1 : spaces;
}

bool decoder_put_any(struct decoder *decoder, int32_t id, struct buffer *out)
{
    const struct vocabulary *vocabulary = &decoder->tokenizer->vocabulary;
    unsigned flags = vocabulary->flags[id];
    if (flags & TOKEN_SPECIAL && !decoder->keep_special)
        return true;
    size_t size, skip = 0;
    const uint8_t *text = vocabulary_text(vocabulary, id, &size);
    if (decoder->at_start) {
        if ((flags & TOKEN_PRESENT) == 0)
            return false;
        if (id != decoder->tokenizer->rules.unknown)
            skip = stripped(decoder->tokenizer, id, text, size);
        decoder->at_start =
            decoder->tokenizer->rules.strip == STRIP_LEADING_SPACES && skip == size;
    }
    if (size == 0)
        return flags & TOKEN_PRESENT;
    buffer_append(out, text + skip, size - skip);
    struct plain_token *plain = &decoder->plain[id];
    if (size <= sizeof plain->text) {
        memcpy(plain->text, text, size);
        plain->size = (uint8_t)size;
    }
    return true;
}

void decoder_end_sequence(struct decoder *decoder)
{
    decoder->at_start = true;
}
