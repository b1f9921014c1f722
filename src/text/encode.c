// SPDX-License-Identifier: BSD-2-Clause
// The stages: bytes, valid UTF-8, scanner for added tokens in raw text, normalizer, scanner for
// added tokens in normalized text, words, merging. Each hands on what is certain and keeps
// the rest.

#include "config.h"

#include "text/encode.h"

#include <string.h>

#include "common/diagnostics.h"
#include "text/normalize/normalize.h"
#include "text/scan.h"
#include "text/unicode/utf8.h"
#include "text/word_encoder.h"

enum {
    // A word too long to be seen whole is tried again only after it has grown by an eighth, so
    // that endless words take linear time.
    PATIENCE_SIZE = 4096,
    PATIENCE_SHARE = 8,
};

static const uint8_t replacement[] = {0xef, 0xbf, 0xbd};  // U+FFFD

struct encoder {
    const struct tokenizer *tokenizer;
    struct encoder_options options;
    struct word_encoder *words;
    struct normalizer normalizer;
    struct scanner raw, normalized;
    uint8_t partial[UTF8_MAX];  // of a character
    size_t partial_size;
    uint64_t offset;       // bytes of input before the next byte
    uint64_t begin;        // offset of the start of the sequence
    uint64_t text_begin;   // place of the current text in normalized text, after its prefix
    struct alignment from_input, from_raw;  // where text comes from, for spans
    struct span_list word_spans;           // working memory
    bool pristine;         // nothing of the sequence has been encoded yet
    bool text_open;        // the current text between added tokens has begun
    size_t stalled_size;   // of the unfinished word when it was last tried
    struct id_list *ids;   // output, during a call
};

static bool accepts(void *context, const struct added_token *token)
{
    const struct encoder *encoder = context;
    switch (encoder->options.added) {
    case ADDED_ALL:
        return true;
    case ADDED_ORDINARY:
        return !token->special;
    default:
        return false;
    }
}

// Appends the span of PLACE in raw text.
static void put_raw_span(struct encoder *encoder, struct span place)
{
    struct span span = alignment_find(&encoder->from_input, place);
    span_list_put(encoder->options.spans, span.begin - encoder->begin, span.end - encoder->begin);
}

// Appends the span of PLACE in normalized text.
static void put_normalized_span(struct encoder *encoder, struct span place)
{
    if (place.begin < encoder->text_begin)
        place.begin = encoder->text_begin;
    put_raw_span(encoder, alignment_find(&encoder->from_raw, place));
}

static void take_raw_token(void *context, const struct added_token *token, struct span place)
{
    struct encoder *encoder = context;
    encoder->pristine = false;
    id_list_put(encoder->ids, token->id);
    if (encoder->options.spans != NULL)
        put_raw_span(encoder, place);
}

static void take_normalized_token(void *context, const struct added_token *token,
                                  struct span place)
{
    struct encoder *encoder = context;
    encoder->pristine = false;
    id_list_put(encoder->ids, token->id);
    if (encoder->options.spans != NULL)
        put_normalized_span(encoder, place);
}

static bool wants_prefix(const struct encoder *encoder, const uint8_t *text)
{
    switch (encoder->tokenizer->rules.text_prefix) {
    case PREFIX_ALWAYS:
        return true;
    case PREFIX_UNLESS_SPACE:
        return *text != ' ';
    case PREFIX_FIRST_UNLESS_SPACE:
        return encoder->pristine && *text != ' ';
    default:
        return false;
    }
}

// Returns true if it is too early to try an unfinished word again.
static bool is_patient(const struct encoder *encoder, size_t size)
{
    size_t before = encoder->stalled_size;
    return before > PATIENCE_SIZE && size >= before && size - before < before / PATIENCE_SHARE;
}

// Appends the spans found in the text at TEXT.
static void put_word_spans(struct encoder *encoder, const uint8_t *text)
{
    const struct span_list *found = &encoder->word_spans;
    uint64_t place = scanner_place(&encoder->normalized, text);
    alignment_forget(&encoder->from_raw, place);
    alignment_forget(&encoder->from_input,
                     alignment_find(&encoder->from_raw, (struct span){place, place}).begin);
    for (size_t i = 0; i < found->count; i++)
        put_normalized_span(encoder, (struct span){place + found->spans[i].begin,
                                                   place + found->spans[i].end});
}

// Encodes what is certain of the text. Returns the bytes encoded.
static size_t encode_words(struct encoder *encoder, const uint8_t *text, size_t size, bool ends)
{
    struct span_list *spans = encoder->options.spans != NULL ? &encoder->word_spans : NULL;
    if (!ends && is_patient(encoder, size))
        return 0;
    encoder->word_spans.count = 0;
    size_t done = encoder->words->encode(encoder->words, text, size, ends, encoder->ids, spans);
    if (spans != NULL)
        put_word_spans(encoder, text);
    encoder->stalled_size = size - done;
    return done;
}

static size_t take_normalized_text(void *context, uint8_t *text, size_t size, bool ends)
{
    struct encoder *encoder = context;
    size_t prefix = 0;
    if (!encoder->text_open)
        encoder->text_begin = scanner_place(&encoder->normalized, text);
    if (!encoder->text_open && size > 0 && wants_prefix(encoder, text)) {
        *--text = ' ';
        prefix = 1;
    }
    encoder->text_open = !ends;
    size_t done = encode_words(encoder, text, size + prefix, ends);
    if (size > 0)
        encoder->pristine = false;
    // An unused prefix becomes text now. The result wraps modulo SIZE_MAX + 1 and moves from back.
    return done - prefix;
}

static size_t take_raw_text(void *context, uint8_t *text, size_t size, bool ends)
{
    struct encoder *encoder = context;
    struct scanner *scanner = &encoder->normalized;
    struct normalizer *normalizer = &encoder->normalizer;
    if (encoder->options.spans != NULL) {
        normalizer->alignment = &encoder->from_raw;
        normalizer->source = scanner_place(&encoder->raw, text) - normalizer->held.size;
        normalizer->origin = scanner->origin;
    }
    normalize(normalizer, text, size, ends, &scanner->text);
    scanner_run(scanner, ends);
    return size;
}

static struct word_encoder *word_encoder_new(const struct tokenizer *tokenizer)
{
    if (tokenizer->rules.split.kind == SPLIT_BY_LIBRARY)
        return library_encoder_new(tokenizer);
    return tokenizer->unigram != NULL ? unigram_word_encoder_new(tokenizer)
                                      : bpe_encoder_new(tokenizer);
}

struct encoder *encoder_new(const struct tokenizer *tokenizer,
                            const struct encoder_options *options)
{
    struct encoder *encoder = xcalloc(1, sizeof *encoder);
    encoder->tokenizer = tokenizer;
    encoder->options = *options;
    encoder->words = word_encoder_new(tokenizer);
    encoder->normalizer.rules = &tokenizer->rules;
    encoder->normalizer.spm.rules = tokenizer->spm_rules;
    encoder->pristine = true;
    struct scan_sink sink = {take_raw_text, take_raw_token, accepts, encoder};
    scanner_init(&encoder->raw, &tokenizer->raw_added, &sink);
    sink.take_text = take_normalized_text;
    sink.take_token = take_normalized_token;
    scanner_init(&encoder->normalized, &tokenizer->normalized_added, &sink);
    encoder->normalized.space_is_text = tokenizer->rules.metaspace_normalized;
    return encoder;
}

void encoder_free(struct encoder *encoder)
{
    if (encoder == NULL)
        return;
    encoder->words->free(encoder->words);
    normalizer_free(&encoder->normalizer);
    scanner_free(&encoder->raw);
    scanner_free(&encoder->normalized);
    alignment_free(&encoder->from_input);
    alignment_free(&encoder->from_raw);
    span_list_free(&encoder->word_spans);
    free(encoder);
}

void encoder_set_input(struct encoder *encoder, const char *name)
{
    encoder->options.input_name = name;
    encoder->offset = encoder->begin = 0;
}

void encoder_skip(struct encoder *encoder, size_t size)
{
    encoder->offset += size;
    encoder->begin = encoder->offset;
}

static void put_raw(struct encoder *encoder, const uint8_t *text, size_t size)
{
    if (size == 0)
        return;
    if (encoder->options.spans != NULL)
        alignment_run(&encoder->from_input, scanner_end(&encoder->raw), encoder->offset);
    memcpy(scanner_reserve(&encoder->raw, size), text, size);
    encoder->raw.text.size += size;
    encoder->offset += size;
}

// Adds the replacement for SIZE bytes that are not a character.
static void put_replacement(struct encoder *encoder, size_t size)
{
    if (encoder->options.spans != NULL)
        alignment_block(&encoder->from_input, scanner_end(&encoder->raw), encoder->offset, size);
    memcpy(scanner_reserve(&encoder->raw, sizeof replacement), replacement, sizeof replacement);
    encoder->raw.text.size += sizeof replacement;
    encoder->offset += size;
}

// Handles SIZE bytes that are not a character.
static void put_invalid(struct encoder *encoder, const uint8_t *text, size_t size)
{
    switch (encoder->options.invalid) {
    case INVALID_REFUSE:
        die(STATUS_INPUT, "%s: invalid UTF-8 at byte %llu", encoder->options.input_name,
            (unsigned long long)encoder->offset);
    case INVALID_KEEP:
        put_raw(encoder, text, size);
        break;
    case INVALID_REPLACE:
        put_replacement(encoder, size);
        break;
    }
}

static void hold_partial(struct encoder *encoder, const uint8_t *text, size_t size)
{
    memcpy(encoder->partial, text, size);
    encoder->partial_size = size;
}

// Adds text that begins at the start of a character.
static void put_text(struct encoder *encoder, const uint8_t *text, size_t size)
{
    while (size > 0) {
        size_t valid = utf8_valid_prefix(text, size);
        put_raw(encoder, text, valid);
        text += valid;
        size -= valid;
        if (size == 0)
            return;
        uint32_t code;
        int length = utf8_inspect(text, size, &code);
        if (length == 0) {
            hold_partial(encoder, text, size);
            return;
        }
        put_invalid(encoder, text, (size_t)-length);
        text += -length;
        size -= (size_t)-length;
    }
}

// Completes the partial character with the first bytes of TEXT. Returns how many it took.
static size_t complete_partial(struct encoder *encoder, const uint8_t *text, size_t size)
{
    size_t taken = 0;
    while (encoder->partial_size > 0 && taken < size) {
        uint8_t joined[UTF8_MAX];
        size_t held = encoder->partial_size;
        memcpy(joined, encoder->partial, held);
        joined[held] = text[taken];
        uint32_t code;
        int length = utf8_inspect(joined, held + 1, &code);
        if (length >= 0)
            taken++;
        if (length == 0) {
            hold_partial(encoder, joined, held + 1);
            continue;
        }
        encoder->partial_size = 0;
        if (length > 0)
            put_raw(encoder, joined, (size_t)length);
        else
            put_invalid(encoder, joined, held);
    }
    return taken;
}

void encoder_feed(struct encoder *encoder, const void *text, size_t size, struct id_list *ids)
{
    encoder->ids = ids;
    size_t taken = complete_partial(encoder, text, size);
    put_text(encoder, (const uint8_t *)text + taken, size - taken);
    scanner_run(&encoder->raw, false);
}

static void end_partial(struct encoder *encoder)
{
    size_t held = encoder->partial_size;
    encoder->partial_size = 0;
    if (held > 0)
        put_invalid(encoder, encoder->partial, held);
}

uint64_t encoder_end(struct encoder *encoder, struct id_list *ids)
{
    encoder->ids = ids;
    end_partial(encoder);
    scanner_run(&encoder->raw, true);
    encoder->pristine = true;
    uint64_t size = encoder->offset - encoder->begin;
    encoder->begin = encoder->offset;
    return size;
}

void encoder_put_token(struct encoder *encoder, int32_t id, struct id_list *ids)
{
    const struct added_token other = {.id = id};
    const struct added_token *token = tokenizer_added(encoder->tokenizer, id);
    encoder->ids = ids;
    end_partial(encoder);
    scanner_put(&encoder->raw, token != NULL ? token : &other);
}
