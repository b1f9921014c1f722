// SPDX-License-Identifier: BSD-2-Clause
// aoti-decode: token ids to text.

#include "config.h"

#include <unistd.h>

#include "common/diagnostics.h"
#include "common/io.h"
#include "common/options.h"
#include "common/stream.h"
#include "text/decode.h"
#include "text/unicode/utf8.h"

enum { FLUSH_SIZE = 1 << 16 };

enum separator { SEPARATOR_NONE, SEPARATOR_NEWLINE, SEPARATOR_NUL };

static const char *tokenizer_name;
static int separator = SEPARATOR_NONE;
static int keep_special;

static const struct option_spec options[] = {
    {.kind = OPTION_TEXT, .letter = 't', .name = "tokenizer", .argument = "FILE|DIR",
     .help = "tokenizer file, or a directory that contains one", .target = &tokenizer_name},
    {.kind = OPTION_SET, .letter = 'l', .name = "lines",
     .help = "write a newline after each sequence", .target = &separator,
     .value = SEPARATOR_NEWLINE},
    {.kind = OPTION_SET, .letter = 'z', .name = "null", .help = "write a NUL after each sequence",
     .target = &separator, .value = SEPARATOR_NUL},
    {.kind = OPTION_SET, .name = "keep-special", .help = "write the names of control tokens",
     .target = &keep_special, .value = 1},
    {.kind = OPTION_END},
};

static const struct program program = {
    .name = "aoti-decode",
    .operands = "[FILE]...",
    .summary = "Convert token ids to text.",
    .options = options,
};

// Writes what is whole characters; all of it where the sequence ends.
static void flush(struct buffer *text, bool ends)
{
    size_t held = ends ? 0 : utf8_incomplete_tail((const uint8_t *)text->data, text->size);
    write_all(STDOUT_FILENO, text->data, text->size - held, "(stdout)");
    buffer_consume(text, text->size - held);
}

static void end_sequence(struct decoder *decoder, struct buffer *text)
{
    decoder_end_sequence(decoder);
    if (separator != SEPARATOR_NONE)
        buffer_append(text, separator == SEPARATOR_NUL ? "" : "\n", 1);
}

static _Noreturn void die_of_id(const struct token_reader *reader, struct buffer *text, int32_t id)
{
    flush(text, true);
    token_reader_die(reader, "token id %d is not in the vocabulary", id);
}

// Decodes ids that were read already, many at a time. Returns how many.
static size_t decode_many(struct decoder *decoder, struct token_reader *reader, struct buffer *text)
{
    enum { MANY = 1024 };
    int32_t ids[MANY];
    size_t next = reader->next;
    uint64_t column = reader->column;
    size_t count = token_reader_next_many(reader, ids, MANY);
    for (size_t i = 0; i < count; i++)
        if (!decoder_put(decoder, ids[i], text)) {
            token_reader_take_again(reader, next, column, i + 1);
            die_of_id(reader, text, ids[i]);
        }
    return count;
}

static void decode_input(struct decoder *decoder, const char *name)
{
    static struct token_reader reader;
    struct buffer text = {0};
    enum token_event event;
    int32_t id;
    token_reader_init(&reader, open_input(name), input_name(name));
    while ((event = token_reader_next(&reader, &id)) <= TOKEN_SEQUENCE_END) {
        if (event == TOKEN_SEQUENCE_END)
            end_sequence(decoder, &text);
        else if (!decoder_put(decoder, id, &text))
            die_of_id(&reader, &text, id);
        bool goes_on = decode_many(decoder, &reader, &text) > 0 || event == TOKEN_ID;
        if (text.size >= FLUSH_SIZE || !token_reader_has_buffered(&reader))
            flush(&text, !goes_on);
    }
    flush(&text, true);
    if (event == TOKEN_TRUNCATED)
        token_reader_die_truncated(&reader);
    close(reader.descriptor);
    buffer_free(&text);
}

int main(int argc, char **argv)
{
    standard_descriptors_secure();
    diagnostics_init(program.name);
    int operand = options_parse(&program, argc, argv, false);
    if (tokenizer_name == NULL)
        die_usage("missing option: --tokenizer");
    struct tokenizer *tokenizer = tokenizer_open(tokenizer_name, NULL);
    struct decoder decoder;
    decoder_init(&decoder, tokenizer, keep_special);
    if (operand == argc)
        decode_input(&decoder, "-");
    for (; operand < argc; operand++)
        decode_input(&decoder, argv[operand]);
    decoder_free(&decoder);
    tokenizer_close(tokenizer);
    stdout_close();
    return STATUS_OK;
}
