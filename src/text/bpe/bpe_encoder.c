// SPDX-License-Identifier: BSD-2-Clause
// Cuts text into words and merges each. A word without an end is encoded in parts: see long_word.h.

#include "config.h"

#include "common/memory.h"
#include "text/bpe/long_word.h"
#include "text/bpe/merge.h"
#include "text/unicode/utf8.h"
#include "text/word_encoder.h"

struct bpe_encoder {
    struct word_encoder base;
    const struct tokenizer *tokenizer;
    struct merger *merger;
    struct splitter *splitter;   // SPLIT_BY_STEPS, or NULL
    struct long_word long_word;  // initialized when first needed
    enum split_run run;          // how a word that was encoded in part continues
};

static bool is_known(const struct tokenizer *tokenizer, const uint8_t *text, size_t size)
{
    if (size == 1 && *text < sizeof tokenizer->known_ascii)
        return tokenizer->known_ascii[*text];
    return vocabulary_find(&tokenizer->vocabulary, text, size) != ID_NONE;
}

// Like split_next() for text without a pre-tokenizer: returns the size of a part that no merge
// joins to the rest.
static size_t next_part(const struct tokenizer *tokenizer, const uint8_t *text, size_t size,
                        bool last)
{
    if (!tokenizer->rules.cuts_words)
        return last ? size : 0;
    // Two unknown characters stay together: they may fuse into one token.
    uint32_t left, right;
    size_t at = utf8_decode(text, size, &left), length;
    const uint8_t *before = text;
    for (; at < size; before = text + at, at += length, left = right) {
        length = utf8_decode(text + at, size - at, &right);
        if (!boundaries_joined(&tokenizer->boundaries, left, right)
            && (tokenizer->rules.all_known || is_known(tokenizer, text + at, length)
                || is_known(tokenizer, before, (size_t)(text + at - before))))
            return at;
    }
    return last ? size : 0;
}

// *IS_REMOVED is left alone unless the word is to be left out.
static size_t next_word(const struct bpe_encoder *encoder, const uint8_t *text, size_t size,
                        bool last, bool *is_removed)
{
    const struct tokenizer *tokenizer = encoder->tokenizer;
    if (tokenizer->rules.split.kind == SPLIT_NOWHERE)
        return next_part(tokenizer, text, size, last);
    if (encoder->splitter != NULL)
        return splitter_next(encoder->splitter, text, size, last, is_removed);
    return split_next(&tokenizer->rules.split, text, size, last);
}

// Encodes COUNT words from TEXT on, which is AT bytes after the beginning.
static void encode_batch(struct bpe_encoder *encoder, const uint8_t *text, size_t at,
                         const size_t *sizes, size_t count, struct id_list *ids,
                         struct span_list *spans)
{
    if (spans == NULL) {
        merger_encode(encoder->merger, text + at, sizes, count, ids);
        return;
    }
    for (size_t i = 0; i < count; at += sizes[i++]) {
        size_t before = spans->count;
        merger_encode_spans(encoder->merger, text + at, sizes[i], ids, spans);
        span_list_shift(spans, before, at);
    }
}

static size_t encode_whole_words(struct bpe_encoder *encoder, const uint8_t *text, size_t done,
                                 size_t size, bool ends, struct id_list *ids,
                                 struct span_list *spans)
{
    size_t count, sizes[MERGER_WORDS_MAX];
    bool is_removed;
    do {
        size_t begin = done;
        is_removed = false;
        for (count = 0; count < MERGER_WORDS_MAX && done < size; done += sizes[count++]) {
            sizes[count] = next_word(encoder, text + done, size - done, ends, &is_removed);
            if (sizes[count] == 0 || is_removed)
                break;
        }
        encode_batch(encoder, text, begin, sizes, count, ids, spans);
        if (is_removed)
            done += sizes[count];
    } while (count == MERGER_WORDS_MAX || is_removed);
    return done;
}

// Appends the spans of the ids from FIRST on, whose texts together are the text from AT on.
static void put_text_spans(const struct bpe_encoder *encoder, const struct id_list *ids,
                           size_t first, size_t at, struct span_list *spans)
{
    if (spans == NULL)
        return;
    for (size_t i = first; i < ids->count; i++) {
        size_t size;
        vocabulary_text(&encoder->tokenizer->vocabulary, ids->ids[i], &size);
        span_list_put(spans, at, at + size);
        at += size;
    }
}

// Encodes what is certain of the text from AT to CERTAIN, part of an unfinished word that continues
// as RUN says. Returns the end of the encoded text.
static size_t encode_front(struct bpe_encoder *encoder, enum split_run run, const uint8_t *text,
                           size_t at, size_t certain, struct id_list *ids, struct span_list *spans)
{
    size_t before = ids->count;
    if (encoder->long_word.tokenizer == NULL)
        long_word_init(&encoder->long_word, encoder->tokenizer);
    if (run == RUN_NONE)
        return at;
    size_t done = long_word_front(&encoder->long_word, text + at, certain - at, ids);
    put_text_spans(encoder, ids, before, at, spans);
    if (done > 0)
        encoder->run = run == RUN_WORD ? RUN_NONE : run;
    return at + done;
}

// Encodes the rest of a word that was encoded in part, or more of it if its end is not known.
// Returns the bytes encoded.
static size_t encode_rest(struct bpe_encoder *encoder, const uint8_t *text, size_t size, bool ends,
                          struct id_list *ids, struct span_list *spans)
{
    const struct split_rules *rules = &encoder->tokenizer->rules.split;
    size_t before = ids->count, certain;
    ptrdiff_t rest = split_rest(rules, encoder->run, text, size, ends);
    if (rest == SPLIT_NEEDS_MORE) {
        enum split_run run = split_still_unfinished(rules, encoder->run, text, size, &certain);
        return certain < LONG_WORD_SIZE
                   ? 0 : encode_front(encoder, run, text, 0, certain, ids, spans);
    }
    long_word_rest(&encoder->long_word, text, (size_t)rest, ids);
    put_text_spans(encoder, ids, before, 0, spans);
    encoder->run = RUN_NONE;
    return (size_t)rest;
}

static size_t bpe_encode(struct word_encoder *self, const uint8_t *text, size_t size, bool ends,
                         struct id_list *ids, struct span_list *spans)
{
    struct bpe_encoder *encoder = (struct bpe_encoder *)self;
    size_t done = 0, certain;
    if (encoder->run != RUN_NONE)
        done = encode_rest(encoder, text, size, ends, ids, spans);
    if (encoder->run == RUN_NONE)
        done = encode_whole_words(encoder, text, done, size, ends, ids, spans);
    if (encoder->run == RUN_NONE && size - done >= LONG_WORD_SIZE) {
        enum split_run run = split_unfinished(&encoder->tokenizer->rules.split, text + done,
                                              size - done, &certain);
        done = encode_front(encoder, run, text, done, done + certain, ids, spans);
    }
    return done;
}

static void bpe_free(struct word_encoder *self)
{
    struct bpe_encoder *encoder = (struct bpe_encoder *)self;
    merger_free(encoder->merger);
    splitter_free(encoder->splitter);
    long_word_free(&encoder->long_word);
    free(encoder);
}

struct word_encoder *bpe_encoder_new(const struct tokenizer *tokenizer)
{
    struct bpe_encoder *encoder = xcalloc(1, sizeof *encoder);
    encoder->base = (struct word_encoder){.encode = bpe_encode, .free = bpe_free};
    encoder->tokenizer = tokenizer;
    encoder->merger = merger_new(tokenizer);
    if (tokenizer->rules.split.kind == SPLIT_BY_STEPS)
        encoder->splitter = splitter_new(&tokenizer->steps);
    return &encoder->base;
}
