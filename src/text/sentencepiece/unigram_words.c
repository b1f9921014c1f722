// SPDX-License-Identifier: BSD-2-Clause
// Encodes text by a unigram model, word by word if words can be told apart. A word without an end
// is encoded as far as all ways through it agree.

#include "config.h"

#include <stdlib.h>

#include "common/memory.h"
#include "text/bpe/merge.h"
#include "text/sentencepiece/unigram.h"
#include "text/word_encoder.h"

struct unigram_words {
    struct word_encoder base;
    const struct unigram *unigram;
    struct unigram_encoder *encoder;
};

// Encodes COUNT words from TEXT + AT on.
static void encode_batch(struct unigram_words *words, const uint8_t *text, size_t at,
                         const size_t *sizes, size_t count, struct id_list *ids,
                         struct span_list *spans)
{
    if (spans == NULL) {
        unigram_encode(words->encoder, text + at, sizes, count, ids);
        return;
    }
    for (size_t i = 0; i < count; at += sizes[i++]) {
        size_t before = spans->count;
        unigram_encode_spans(words->encoder, text + at, sizes[i], ids, spans);
        span_list_shift(spans, before, at);
    }
}

static size_t encode_front(struct unigram_words *words, const uint8_t *text, size_t at, size_t size,
                           struct id_list *ids, struct span_list *spans)
{
    size_t before = spans != NULL ? spans->count : 0;
    size_t done = unigram_encode_front(words->encoder, text + at, size - at, ids, spans);
    if (spans != NULL)
        span_list_shift(spans, before, at);
    return done;
}

static size_t unigram_words_encode(struct word_encoder *self, const uint8_t *text, size_t size,
                                   bool ends, struct id_list *ids, struct span_list *spans)
{
    struct unigram_words *words = (struct unigram_words *)self;
    size_t done = 0, count, sizes[MERGER_WORDS_MAX];
    do {
        size_t begin = done;
        for (count = 0; count < MERGER_WORDS_MAX && done < size; done += sizes[count++])
            if ((sizes[count] = unigram_next_word(words->unigram, text + done, size - done, ends))
                == 0)
                break;
        encode_batch(words, text, begin, sizes, count, ids, spans);
    } while (count == MERGER_WORDS_MAX);
    if (size - done >= LONG_WORD_SIZE)
        done += encode_front(words, text, done, size, ids, spans);
    if (ends)
        unigram_encoder_restart(words->encoder);
    return done;
}

static void unigram_words_free(struct word_encoder *self)
{
    struct unigram_words *words = (struct unigram_words *)self;
    unigram_encoder_free(words->encoder);
    free(words);
}

struct word_encoder *unigram_word_encoder_new(const struct tokenizer *tokenizer)
{
    struct unigram_words *words = xcalloc(1, sizeof *words);
    words->base = (struct word_encoder){.encode = unigram_words_encode, .free = unigram_words_free};
    words->unigram = tokenizer->unigram;
    words->encoder = unigram_encoder_new(tokenizer);
    return &words->base;
}
