// SPDX-License-Identifier: BSD-2-Clause
// Fuzz target: the input is a tokenizer file or, if AOTI_FUZZ_TOKENIZER names a tokenizer, text for
// it. With clang -fsanitize=fuzzer and -DAOTI_LIBFUZZER it is a libFuzzer target, see HACKING.
// Otherwise its own driver mutates the files given as operands, AOTI_FUZZ_RUNS times, in the same
// way for the same seed.

#include "config.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "common/diagnostics.h"
#include "common/memory.h"
#include "text/bpe/long_word.h"
#include "text/decode.h"
#include "text/encode.h"

static jmp_buf refused;

static void refuse(enum status status)
{
    if (status != STATUS_INPUT && status != STATUS_FAILURE && status != STATUS_PACKAGE)
        abort();
    longjmp(refused, 1);
}

static void check(bool condition, const char *what)
{
    if (condition)
        return;
    fprintf(stderr, "fuzz_text: %s\n", what);
    abort();
}

// Encodes TEXT in blocks of PART bytes.
static struct id_list encode(const struct tokenizer *tokenizer, const uint8_t *text, size_t size,
                             size_t part, enum added_policy added, struct span_list *spans)
{
    const struct encoder_options options = {
        .invalid = INVALID_KEEP, .added = added, .input_name = "fuzz", .spans = spans};
    struct encoder *encoder = encoder_new(tokenizer, &options);
    struct id_list ids = {0};
    for (size_t at = 0; at < size; at += part)
        encoder_feed(encoder, text + at, size - at < part ? size - at : part, &ids);
    encoder_end(encoder, &ids);
    encoder_free(encoder);
    return ids;
}

static void check_ids(const struct tokenizer *tokenizer, const struct id_list *ids)
{
    struct decoder decoder;
    struct buffer text = {0};
    if (tokenizer->rules.decodes) {
        decoder_init(&decoder, tokenizer, true);
        for (size_t i = 0; i < ids->count; i++)
            check(decoder_put(&decoder, ids->ids[i], &text), "an id that cannot be decoded");
        decoder_free(&decoder);
    }
    buffer_free(&text);
}

static void check_same(const struct id_list *a, const struct id_list *b, const char *what)
{
    check(a->count == b->count
              && (a->count == 0 || memcmp(a->ids, b->ids, a->count * sizeof *a->ids) == 0),
          what);
}

// If nothing is normalized, a byte token covers its own text, except for a space before it.
static void check_span(const struct tokenizer *tokenizer, int32_t id, const uint8_t *text,
                       struct span span)
{
    const struct tokenizer_rules *rules = &tokenizer->rules;
    size_t size, length = (size_t)(span.end - span.begin);
    const uint8_t *own = vocabulary_text(&tokenizer->vocabulary, id, &size);
    if (!rules->bytes || rules->nfc || rules->metaspace_space || id == rules->unknown
        || (tokenizer->vocabulary.flags[id] & TOKEN_ADDED))
        return;
    size_t prefix = size == length + 1 && *own == ' ' ? 1 : 0;
    check(size == length + prefix && memcmp(own + prefix, text + span.begin, length) == 0,
          "a span of another text");
}

static void check_spans(const struct tokenizer *tokenizer, const struct id_list *ids,
                        const uint8_t *text, size_t size, const struct span_list *whole,
                        const struct span_list *parts)
{
    check(whole->count == ids->count && parts->count == ids->count, "not a span for each id");
    for (size_t i = 0; i < ids->count; i++) {
        struct span span = whole->spans[i];
        check(span.begin <= span.end && span.end <= size, "a span outside of the text");
        check(span.begin == parts->spans[i].begin && span.end == parts->spans[i].end,
              "another span for the same text in parts");
        check_span(tokenizer, ids->ids[i], text, span);
    }
}

// The tokens that are certain at the beginning of a long word are its first tokens.
static void check_long_piece(const struct tokenizer *tokenizer, const uint8_t *text, size_t size)
{
    struct long_word piece;
    struct id_list whole = {0}, front = {0};
    long_word_init(&piece, tokenizer);
    if (piece.token_max > 0 && size > 0) {
        long_word_rest(&piece, text, size, &whole);
        for (size_t known = size; known > size / 2; known -= 1 + known / 8) {
            front.count = 0;
            size_t taken = long_word_front(&piece, text, known, &front);
            check(taken < known && front.count <= whole.count, "too many tokens of a long piece");
            whole.count = front.count;
            check_same(&whole, &front, "other tokens of a long piece");
        }
    }
    long_word_free(&piece);
    id_list_free(&whole);
    id_list_free(&front);
}

// The ids do not depend on how text is cut into blocks or on whether spans are wanted.
static void check_text(const struct tokenizer *tokenizer, const uint8_t *text, size_t size)
{
    check_long_piece(tokenizer, text, size);
    for (int added = ADDED_ORDINARY; added <= ADDED_NONE; added++) {
        enum added_policy policy = (enum added_policy)added;
        struct span_list whole_spans = {0}, part_spans = {0};
        struct id_list plain = encode(tokenizer, text, size, size + 1, policy, NULL);
        struct id_list whole = encode(tokenizer, text, size, size + 1, policy, &whole_spans);
        struct id_list parts = encode(tokenizer, text, size, 1 + size % 7, policy, &part_spans);
        check_same(&plain, &whole, "other ids where spans are wanted");
        check_same(&whole, &parts, "other ids for the same text in parts");
        check_spans(tokenizer, &whole, text, size, &whole_spans, &part_spans);
        check_ids(tokenizer, &whole);
        id_list_free(&plain);
        id_list_free(&whole);
        id_list_free(&parts);
        span_list_free(&whole_spans);
        span_list_free(&part_spans);
    }
}

static struct tokenizer *open_bytes(const uint8_t *data, size_t size)
{
    char name[64];
    int descriptor = memfd_create("tokenizer", MFD_CLOEXEC);
    check(descriptor >= 0 && write(descriptor, data, size) == (ssize_t)size, "no memory file");
    snprintf(name, sizeof name, "/proc/self/fd/%d", descriptor);
    struct tokenizer *tokenizer = NULL;
    if (setjmp(refused) == 0)
        tokenizer = tokenizer_open(name, NULL);
    else
        close(descriptor + 1);  // the file is still open if it was refused
    close(descriptor);
    return tokenizer;
}

// A file that is accepted must also work.
static void try_tokenizer(const uint8_t *data, size_t size)
{
    static const char text[] =
        "It's a\xc3\xa9\xe2\x96\x81 <s>x</s>  12345\n\n\xff\xf0\x90\x8d\x88 ab";
    struct tokenizer *tokenizer = open_bytes(data, size);
    if (tokenizer == NULL || tokenizer->rules.split.kind == SPLIT_BY_LIBRARY)
        return;
    check_text(tokenizer, (const uint8_t *)text, sizeof text);
    tokenizer_close(tokenizer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct tokenizer *reader;  // encodes the input, if that is text
    const char *name = getenv("AOTI_FUZZ_TOKENIZER");
    if (name != NULL && reader == NULL)
        reader = tokenizer_open(name, NULL);
    diagnostics_set_exit(refuse);
    if (reader != NULL)
        check_text(reader, data, size);
    else
        try_tokenizer(data, size);
    return 0;
}

#ifndef AOTI_LIBFUZZER

static uint32_t random_below(uint64_t *state, size_t limit)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)((*state >> 33) % (limit == 0 ? 1 : limit));
}

static struct buffer read_file(const char *name)
{
    struct buffer data = {0};
    FILE *file = fopen(name, "rb");
    check(file != NULL, name);
    for (size_t got = 1; got > 0; data.size += got)
        got = fread(buffer_reserve(&data, 65536), 1, 65536, file);
    fclose(file);
    return data;
}

// Changes bytes, repeats a part, or truncates.
static void mutate(struct buffer *data, uint64_t *state)
{
    static const char likely[] = "\"{}[],:0-\\ \xff";
    unsigned count = 1 + random_below(state, 4);
    for (unsigned i = 0; i < count && data->size > 0; i++) {
        size_t at = random_below(state, data->size), length = random_below(state, 40);
        switch (random_below(state, 5)) {
        case 0:
            data->data[at] = likely[random_below(state, sizeof likely - 1)];
            break;
        case 1:
            data->data[at] = (char)(data->data[at] ^ (1 << random_below(state, 8)));
            break;
        case 2:
            length = length < data->size - at ? length : data->size - at;
            memmove(data->data + at, data->data + random_below(state, data->size - length + 1),
                    length);
            break;
        case 3:
            if (random_below(state, 20) == 0)
                data->size = at;
            break;
        default:
            data->data[at] = (char)('0' + random_below(state, 10));
        }
    }
}

static void try_texts(const char *name, const struct buffer *seed, unsigned runs, uint64_t *state)
{
    struct tokenizer *tokenizer = tokenizer_open(name, NULL);
    for (unsigned run = 0; run < runs && tokenizer->rules.split.kind != SPLIT_NOT_TOLD; run++) {
        uint8_t text[4096];
        size_t size = random_below(state, sizeof text), at = 0;
        while (at < size && seed->size > 64) {
            size_t length = 1 + random_below(state, 20);
            length = length < size - at ? length : size - at;
            memcpy(text + at, seed->data + random_below(state, seed->size - length), length);
            at += length;
            text[random_below(state, at)] = (uint8_t)random_below(state, 256);
        }
        check_text(tokenizer, text, at);
    }
    tokenizer_close(tokenizer);
}

int main(int argc, char **argv)
{
    const char *wanted = getenv("AOTI_FUZZ_RUNS");
    unsigned runs = wanted != NULL ? (unsigned)atoi(wanted) : 300;
    uint64_t state = 1;
    int null = open("/dev/null", O_WRONLY), standard_error = dup(STDERR_FILENO);
    for (int i = 1; i < argc; i++) {
        struct buffer seed = read_file(argv[i]);
        try_texts(argv[i], &seed, runs, &state);
        dup2(null, STDERR_FILENO);  // hides thousands of refusals
        for (unsigned run = 0; run < runs; run++) {
            struct buffer data = {0};
            buffer_append(&data, seed.data, seed.size);
            mutate(&data, &state);
            LLVMFuzzerTestOneInput((uint8_t *)data.data, data.size);
            buffer_free(&data);
        }
        dup2(standard_error, STDERR_FILENO);
        buffer_free(&seed);
    }
    return EXIT_SUCCESS;
}

#endif
