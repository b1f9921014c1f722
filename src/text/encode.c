// SPDX-License-Identifier: BSD-2-Clause
// bytes, valid UTF-8, scanner for raw added tokens, normalizer, scanner for normalized added
// tokens, words, merging. Each stage hands on what is certain and keeps the rest.

#include "config.h"

#include "text/encode.h"

#include <string.h>

#include "common/diagnostics.h"
#include "text/bpe/long_word.h"
#include "text/bpe/merge.h"
#include "text/normalize/normalize.h"
#include "text/scan.h"
#include "text/sentencepiece/library_encoder.h"
#include "text/sentencepiece/unigram.h"
#include "text/unicode/utf8.h"

enum {
    // A word that was too long to be seen whole is looked at again only when it has grown by an
    // eighth, so that the time for endless words stays linear.
    PATIENCE_SIZE = 4096,
    PATIENCE_SHARE = 8,
    LONG_WORD = 1 << 17,  // bytes of a word whose end is not waited for any more
};

static const uint8_t replacement[] = {0xef, 0xbf, 0xbd};  // U+FFFD

struct encoder {
    const struct tokenizer *tokenizer;
    struct encoder_options options;
    struct merger *merger;            // one of these three is there
    struct library_encoder *library;
    struct unigram_encoder *unigram;
    struct normalizer normalizer;
    struct scanner raw, normalized;
    uint8_t partial[UTF8_MAX];  // the beginning of a character
    size_t partial_size;
    uint64_t offset;       // bytes of input before the next one
    uint64_t begin;        // offset of the sequence
    uint64_t text_begin;   // place of the current text in normalized text, behind its prefix
    struct alignment from_input, from_raw;  // of raw and of normalized text, where spans are wanted
    struct span_list word_spans;           // working memory
    bool pristine;         // nothing of the sequence was encoded yet
    bool text_open;        // the current text between added tokens has begun
    bool part_open;        // the library has encoded a part of the current text
    size_t stalled_size;   // of the unfinished word when it was last looked at
    enum split_run run;    // what a word goes on with that was encoded in part
    struct long_word long_word;  // set up when there is one
    struct id_list *ids;   // where tokens go, during a call
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

// Appends the span of what stands at PLACE in raw text.
static void put_raw_span(struct encoder *encoder, struct span place)
{
    struct span span = alignment_find(&encoder->from_input, place);
    span_list_put(encoder->options.spans, span.begin - encoder->begin, span.end - encoder->begin);
}

// The same for normalized text.
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

// Whether it is too early to look at an unfinished word again.
static bool is_patient(const struct encoder *encoder, size_t size)
{
    size_t before = encoder->stalled_size;
    return before > PATIENCE_SIZE && size >= before && size - before < before / PATIENCE_SHARE;
}

static size_t next_word(const struct encoder *encoder, const uint8_t *text, size_t size, bool last)
{
    const struct tokenizer *tokenizer = encoder->tokenizer;
    if (encoder->unigram != NULL)
        return unigram_next_word(tokenizer->unigram, text, size, last);
    if (tokenizer->rules.split.kind == SPLIT_NOWHERE)
        return tokenizer_next_word(tokenizer, text, size, last);
    if (tokenizer->rules.split.kind == SPLIT_BY_LIBRARY)
        return tokenizer_next_part(tokenizer, text, size, last);
    return split_next(&tokenizer->rules.split, text, size, last);
}

// Encodes a word and tells which of its bytes each token stands for.
static void find_word_spans(struct encoder *encoder, const uint8_t *text, size_t size)
{
    encoder->word_spans.count = 0;
    if (encoder->unigram != NULL)
        unigram_encode_spans(encoder->unigram, text, size, encoder->ids, &encoder->word_spans);
    else if (encoder->library == NULL)
        merger_encode_spans(encoder->merger, text, size, encoder->ids, &encoder->word_spans);
    else
        library_encoder_run_spans(encoder->library, text, size, !encoder->part_open, encoder->ids,
                                  &encoder->word_spans);
    encoder->part_open = true;
}

// Puts the spans that were found in what begins at TEXT.
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

// Encodes COUNT words from TEXT on.
static void encode_batch(struct encoder *encoder, const uint8_t *text, const size_t *sizes,
                         size_t count)
{
    if (encoder->options.spans != NULL) {
        for (size_t i = 0; i < count; text += sizes[i++]) {
            find_word_spans(encoder, text, sizes[i]);
            put_word_spans(encoder, text);
        }
        return;
    }
    if (encoder->unigram != NULL) {
        unigram_encode(encoder->unigram, text, sizes, count, encoder->ids);
        return;
    }
    if (encoder->library == NULL) {
        merger_encode(encoder->merger, text, sizes, count, encoder->ids);
        return;
    }
    for (size_t i = 0; i < count; text += sizes[i++]) {
        library_encoder_run(encoder->library, text, sizes[i], !encoder->part_open, encoder->ids);
        encoder->part_open = true;
    }
}

// The COUNT last ids are those of the text from TEXT on, and it is their own.
static void put_text_spans(struct encoder *encoder, const uint8_t *text, size_t count)
{
    const struct vocabulary *vocabulary = &encoder->tokenizer->vocabulary;
    uint64_t place = scanner_place(&encoder->normalized, text);
    if (encoder->options.spans == NULL)
        return;
    for (size_t i = encoder->ids->count - count; i < encoder->ids->count; i++) {
        size_t size;
        vocabulary_text(vocabulary, encoder->ids->ids[i], &size);
        put_normalized_span(encoder, (struct span){place, place + size});
        place += size;
    }
}

// Encodes what can be of the SIZE bytes that are surely part of an unfinished word, RUN being what
// it goes on with. Returns the bytes that took.
static size_t encode_front(struct encoder *encoder, enum split_run run, const uint8_t *text,
                           size_t size)
{
    size_t before = encoder->ids->count;
    if (encoder->long_word.tokenizer == NULL)
        long_word_init(&encoder->long_word, encoder->tokenizer);
    if (run == RUN_NONE)
        return 0;
    size_t done = long_word_front(&encoder->long_word, text, size, encoder->ids);
    put_text_spans(encoder, text, encoder->ids->count - before);
    if (done > 0)
        encoder->run = run == RUN_WORD ? RUN_NONE : run;
    return done;
}

// The same for a part of unigrams.
static size_t encode_unigram_front(struct encoder *encoder, const uint8_t *text, size_t size)
{
    struct span_list *found = encoder->options.spans != NULL ? &encoder->word_spans : NULL;
    encoder->word_spans.count = 0;
    size_t done = unigram_encode_front(encoder->unigram, text, size, encoder->ids, found);
    if (found != NULL)
        put_word_spans(encoder, text);
    return done;
}

// Encodes the end of a word that was encoded in part, or more of it where the end is not known.
// Returns the bytes that took.
static size_t encode_long_rest(struct encoder *encoder, const uint8_t *text, size_t size, bool ends)
{
    const struct split_rules *rules = &encoder->tokenizer->rules.split;
    size_t before = encoder->ids->count, certain;
    ptrdiff_t rest = split_rest(rules, encoder->run, text, size, ends);
    if (rest == SPLIT_NEEDS_MORE) {
        enum split_run run =
            split_still_unfinished(rules, encoder->run, text, size, &certain);
        return certain < LONG_WORD ? 0 : encode_front(encoder, run, text, certain);
    }
    long_word_rest(&encoder->long_word, text, (size_t)rest, encoder->ids);
    put_text_spans(encoder, text, encoder->ids->count - before);
    encoder->run = RUN_NONE;
    return (size_t)rest;
}

static size_t encode_whole_words(struct encoder *encoder, const uint8_t *text, size_t size,
                                  bool ends)
{
    size_t done = 0, count, sizes[MERGER_WORDS_MAX];
    do {
        size_t begin = done;
        for (count = 0; count < MERGER_WORDS_MAX && done < size; done += sizes[count++])
            if ((sizes[count] = next_word(encoder, text + done, size - done, ends)) == 0)
                break;
        encode_batch(encoder, text + begin, sizes, count);
    } while (count == MERGER_WORDS_MAX);
    return done;
}

// Encodes the words of text that are whole, and of endless ones what is certain. Returns the bytes
// they took.
static size_t encode_words(struct encoder *encoder, const uint8_t *text, size_t size, bool ends)
{
    size_t done = 0, certain;
    if (!ends && is_patient(encoder, size))
        return 0;
    if (encoder->run != RUN_NONE)
        done = encode_long_rest(encoder, text, size, ends);
    if (encoder->run == RUN_NONE)
        done += encode_whole_words(encoder, text + done, size - done, ends);
    if (encoder->unigram != NULL && size - done >= LONG_WORD) {
        done += encode_unigram_front(encoder, text + done, size - done);
    } else if (encoder->run == RUN_NONE && size - done >= LONG_WORD) {
        enum split_run run = split_unfinished(&encoder->tokenizer->rules.split, text + done,
                                              size - done, &certain);
        done += encode_front(encoder, run, text + done, certain);
    }
    encoder->stalled_size = size - done;
    encoder->part_open &= !ends;
    if (ends && encoder->unigram != NULL)
        unigram_encoder_restart(encoder->unigram);
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
    // A prefix that is not used yet is text from now on: from goes back by it, modulo SIZE_MAX + 1.
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

struct encoder *encoder_new(const struct tokenizer *tokenizer,
                            const struct encoder_options *options)
{
    struct encoder *encoder = xcalloc(1, sizeof *encoder);
    encoder->tokenizer = tokenizer;
    encoder->options = *options;
    encoder->library = library_encoder_new(tokenizer);
    encoder->unigram = unigram_encoder_new(tokenizer);
    if (encoder->library == NULL && encoder->unigram == NULL)
        encoder->merger = merger_new(tokenizer);
    encoder->normalizer.rules = &tokenizer->rules;
    encoder->normalizer.spm.rules = tokenizer->spm_rules;
    encoder->pristine = true;
    struct scan_sink sink = {take_raw_text, take_raw_token, accepts, encoder};
    scanner_init(&encoder->raw, &tokenizer->raw_added, &sink);
    sink.take_text = take_normalized_text;
    sink.take_token = take_normalized_token;
    scanner_init(&encoder->normalized, &tokenizer->normalized_added, &sink);
    return encoder;
}

void encoder_free(struct encoder *encoder)
{
    if (encoder == NULL)
        return;
    merger_free(encoder->merger);
    library_encoder_free(encoder->library);
    unigram_encoder_free(encoder->unigram);
    long_word_free(&encoder->long_word);
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

// Puts what stands for SIZE bytes that are no character.
static void put_replacement(struct encoder *encoder, size_t size)
{
    if (encoder->options.spans != NULL)
        alignment_block(&encoder->from_input, scanner_end(&encoder->raw), encoder->offset, size);
    memcpy(scanner_reserve(&encoder->raw, sizeof replacement), replacement, sizeof replacement);
    encoder->raw.text.size += sizeof replacement;
    encoder->offset += size;
}

// Puts SIZE bytes that are no character.
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

// Puts text that begins where a character may begin.
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

// Completes the held beginning of a character with the first bytes of TEXT. Returns how many of
// them that took.
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
