// SPDX-License-Identifier: BSD-2-Clause
// aoti-tokenize: text to token ids.

#include "config.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/diagnostics.h"
#include "common/io.h"
#include "common/options.h"
#include "common/stream.h"
#include "text/chat/chat.h"
#include "text/encode.h"
#include "text/load/compiled.h"
#include "text/token_text.h"
#include "text/unicode/classes.h"

enum { CHUNK_SIZE = 1 << 16 };

enum records { RECORD_FILE = -1, RECORD_LINE = '\n', RECORD_NULL = '\0' };
enum choice { BY_FILE, YES, NO };

static const char *tokenizer_name;
static const char *pattern;
static int record_end = RECORD_FILE;
static int bos = BY_FILE, eos = BY_FILE;
static int added = ADDED_ORDINARY;
static int invalid = INVALID_REPLACE;
static int count_only;
static const char *compile_name;
static struct chat_options chat = {.replies = true};
static int messages, no_reply;
static int64_t truncate_to = INT64_MAX;
static int pieces, offsets, vocabulary;
static const char *id_of;

static const struct option_spec options[] = {
    {.kind = OPTION_TEXT, .letter = 't', .name = "tokenizer", .argument = "FILE|DIR",
     .help = "tokenizer file, or a directory that contains one", .target = &tokenizer_name},
    {.kind = OPTION_TEXT, .name = "pattern", .argument = "NAME",
     .help = "pre-tokenizer of a rank file: gpt2, llama3, qwen2,\n"
             "cl100k_base, o200k_base, tekken",
     .choices = "gpt2 llama3 qwen2 cl100k_base o200k_base tekken", .target = &pattern},
    {.kind = OPTION_SET, .letter = 'l', .name = "lines", .help = "treat each line as a sequence",
     .target = &record_end, .value = RECORD_LINE},
    {.kind = OPTION_SET, .letter = 'z', .name = "null",
     .help = "treat each record that ends in a NUL as a sequence", .target = &record_end,
     .value = RECORD_NULL},
    {.kind = OPTION_SET, .name = "bos",
     .help = "start each sequence with the begin-of-sequence token",
     .target = &bos, .value = YES},
    {.kind = OPTION_SET, .name = "no-bos",
     .help = "do not add a begin-of-sequence token", .target = &bos, .value = NO},
    {.kind = OPTION_SET, .name = "eos",
     .help = "end each sequence with the end-of-sequence token", .target = &eos, .value = YES},
    {.kind = OPTION_SET, .name = "no-eos",
     .help = "do not add an end-of-sequence token", .target = &eos, .value = NO},
    {.kind = OPTION_SET, .name = "parse-special",
     .help = "encode control tokens that are spelled in the text\nas those tokens",
     .target = &added, .value = ADDED_ALL},
    {.kind = OPTION_SET, .name = "no-added",
     .help = "do not match added tokens that are not control tokens", .target = &added,
     .value = ADDED_NONE},
    {.kind = OPTION_SET, .name = "strict", .help = "refuse text that is not UTF-8",
     .target = &invalid, .value = INVALID_REFUSE},
    {.kind = OPTION_SET, .name = "keep-bytes",
     .help = "encode bytes that are not UTF-8 unchanged", .target = &invalid,
     .value = INVALID_KEEP},
    {.kind = OPTION_SET, .letter = 'c', .name = "count",
     .help = "write the number of tokens of each sequence, not ids", .target = &count_only,
     .value = 1},
    {.kind = OPTION_INTEGER, .name = "truncate", .argument = "N",
     .help = "keep only the first N tokens of each sequence", .target = &truncate_to,
     .minimum = 0, .maximum = INT64_MAX},
    {.kind = OPTION_SET, .name = "pieces",
     .help = "write one token per line, with its id and text, and an\n"
             "empty line after each sequence",
     .target = &pieces, .value = 1},
    {.kind = OPTION_SET, .name = "offsets",
     .help = "write one token per line, with its id and the byte\noffsets of its start and its end",
     .target = &offsets, .value = 1},
    {.kind = OPTION_SET, .name = "vocab", .help = "list all tokens and exit",
     .target = &vocabulary, .value = 1},
    {.kind = OPTION_TEXT, .name = "id-of", .argument = "TEXT",
     .help = "write the id of the token TEXT and exit", .target = &id_of},
    {.kind = OPTION_TEXT, .name = "chat", .argument = "FORMAT",
     .help = "treat each sequence as a user message to a chat model:\n"
             "llama3, qwen2.5, qwen3, chatml, mistral, gemma, phi3",
     .choices = "llama3 qwen2.5 qwen3 chatml mistral gemma phi3", .target = &chat.format},
    {.kind = OPTION_TEXT, .name = "system", .argument = "TEXT",
     .help = "with --chat: use TEXT as the system message", .target = &chat.system},
    {.kind = OPTION_SET, .name = "messages",
     .help = "with --chat: read each sequence as a JSON conversation", .target = &messages,
     .value = 1},
    {.kind = OPTION_TEXT, .name = "date", .argument = "TEXT",
     .help = "with --chat llama3: date of today (default: 26 Jul 2024)", .target = &chat.date},
    {.kind = OPTION_SET, .name = "no-reply",
     .help = "with --chat: do not open the turn of the assistant", .target = &no_reply, .value = 1},
    {.kind = OPTION_TEXT, .name = "compile", .argument = "FILE",
     .help = "write a compiled tokenizer, which loads in\nmilliseconds, to FILE and exit",
     .target = &compile_name},
    {.kind = OPTION_END},
};

static const char *const version_notes[] = {"Unicode " UNICODE_CLASSES_VERSION, NULL};

static const struct program program = {
    .name = "aoti-tokenize",
    .operands = "[FILE]...",
    .summary = "Convert text to token ids, one line per sequence.",
    .options = options,
    .version_notes = version_notes,
};

// A run of the program: where tokens come from and go to.
struct session {
    const struct tokenizer *tokenizer;
    struct encoder *encoder;
    struct id_list ids;      // found, not yet written
    struct span_list spans;  // theirs, with --offsets
    struct token_writer writer;
    struct chat_prompt prompt;
    struct buffer record;  // chat: what was read of a sequence
    const char *input_name;
    bool open;       // a sequence was begun
    uint64_t count;  // its tokens so far
};

// Writes the first COUNT tokens, a line each.
static void write_lines(const struct session *session, size_t count)
{
    struct buffer text = {0};
    for (size_t i = 0; i < count; i++) {
        printf("%d", session->ids.ids[i]);
        if (offsets)
            printf("\t%" PRIu64 "\t%" PRIu64, session->spans.spans[i].begin,
                   session->spans.spans[i].end);
        text.size = 0;
        if (pieces)
            token_text_append(session->tokenizer, session->ids.ids[i], &text);
        printf("%s%.*s\n", pieces ? "\t" : "", (int)text.size, pieces ? text.data : "");
    }
    buffer_free(&text);
}

// The control token that begins a sequence may come from the text as well as from the options.
static void warn_of_second_bos(const struct session *session)
{
    const struct tokenizer *tokenizer = session->tokenizer;
    int count = tokenizer->prefix_count;
    if (bos != NO && session->count < (uint64_t)count + 1 && session->ids.count > 0
        && session->count + session->ids.count > (uint64_t)count && count > 0
        && session->ids.ids[(uint64_t)count - session->count] == tokenizer->prefix[count - 1])
        warn("warning: %s: text starts with a second begin-of-sequence token; try --no-bos",
             session->input_name);
}

static void write_ids(struct session *session)
{
    const int32_t *ids = session->ids.ids;
    size_t count = session->ids.count;
    uint64_t room = (uint64_t)truncate_to - session->count;
    if (chat.format == NULL)
        warn_of_second_bos(session);
    if (count > room)
        count = (size_t)room;
    session->count += count;
    if (pieces || offsets)
        write_lines(session, count);
    else if (!count_only)
        token_writer_put_all(&session->writer, ids, count);
    session->ids.count = session->spans.count = 0;
}

// Puts a token that stands for nothing in the text, at the byte PLACE.
static void put_token(struct session *session, int32_t id, uint64_t place)
{
    id_list_put(&session->ids, id);
    if (offsets)
        span_list_put(&session->spans, place, place);
}

static void put_marker(struct session *session, int choice, const int32_t *ids, int count,
                       int32_t otherwise, uint64_t place)
{
    if (choice == NO)
        return;
    for (int i = 0; i < count; i++)
        put_token(session, ids[i], place);
    if (count == 0 && choice == YES)
        put_token(session, otherwise, place);
}

static void begin_sequence(struct session *session)
{
    const struct tokenizer *tokenizer = session->tokenizer;
    if (session->open)
        return;
    session->open = true;
    session->count = 0;
    if (chat.format == NULL)
        put_marker(session, bos, tokenizer->prefix, tokenizer->prefix_count, tokenizer->rules.bos,
                   0);
}

static void feed(struct session *session, const char *text, size_t size)
{
    begin_sequence(session);
    if (chat.format != NULL) {
        buffer_append(&session->record, text, size);
        return;
    }
    encoder_feed(session->encoder, text, size, &session->ids);
    write_ids(session);
}

static void encode_chat(struct session *session)
{
    const struct json_source source = {.name = session->input_name, .status = STATUS_INPUT};
    const struct buffer *record = &session->record;
    if (messages)
        chat_render_json(&session->prompt, &chat, &source, record->data, record->size);
    else
        chat_render_text(&session->prompt, &chat, record->data, record->size);
    chat_encode(&session->prompt, session->encoder, &session->ids);
    session->record.size = 0;
}

static void end_sequence(struct session *session)
{
    const struct tokenizer *tokenizer = session->tokenizer;
    begin_sequence(session);
    if (chat.format != NULL) {
        encode_chat(session);
    } else {
        uint64_t size = encoder_end(session->encoder, &session->ids);
        put_marker(session, eos, tokenizer->suffix, tokenizer->suffix_count, tokenizer->rules.eos,
                   size);
    }
    write_ids(session);
    session->open = false;
    if (pieces || offsets)
        printf("\n");
    else if (count_only)
        printf("%" PRIu64 "\n", session->count);
    else
        token_writer_end_sequence(&session->writer);
}

static void feed_records(struct session *session, const char *text, size_t size)
{
    const char *end;
    while (size > 0 && (end = memchr(text, record_end, size)) != NULL) {
        size_t length = (size_t)(end - text);
        feed(session, text, length);
        end_sequence(session);
        encoder_skip(session->encoder, 1);
        text += length + 1;
        size -= length + 1;
    }
    if (size > 0)
        feed(session, text, size);
}

static void flush(struct session *session)
{
    token_writer_flush(&session->writer);
    if ((count_only || pieces || offsets) && fflush(stdout) != 0)
        die_errno(STATUS_FAILURE, "(stdout)");
}

static void tokenize_input(struct session *session, const char *name)
{
    static char chunk[CHUNK_SIZE];
    int descriptor = open_input(name);
    size_t size;
    session->input_name = input_name(name);
    encoder_set_input(session->encoder, session->input_name);
    for (;;) {
        if (!input_ready(descriptor))
            flush(session);
        if ((size = read_some(descriptor, chunk, sizeof chunk, input_name(name))) == 0)
            break;
        if (record_end == RECORD_FILE)
            feed(session, chunk, size);
        else
            feed_records(session, chunk, size);
    }
    if (session->open || record_end == RECORD_FILE)
        end_sequence(session);
    close(descriptor);
}

static void check_markers(const struct tokenizer *tokenizer)
{
    if (bos == YES && tokenizer->prefix_count == 0 && tokenizer->rules.bos == ID_NONE)
        die(STATUS_INPUT, "%s: no begin-of-sequence token", tokenizer->name);
    if (eos == YES && tokenizer->suffix_count == 0 && tokenizer->rules.eos == ID_NONE)
        die(STATUS_INPUT, "%s: no end-of-sequence token", tokenizer->name);
}

static void session_open(struct session *session, const struct tokenizer *tokenizer)
{
    struct encoder_options encoding = {
        .invalid = (enum invalid_policy)invalid,
        .added = (enum added_policy)added,
    };
    *session = (struct session){.tokenizer = tokenizer};
    if (offsets)
        encoding.spans = &session->spans;
    session->encoder = encoder_new(tokenizer, &encoding);
    session->prompt.tokenizer = tokenizer;
    token_writer_init(&session->writer, STDOUT_FILENO, "(stdout)");
}

static void session_close(struct session *session)
{
    token_writer_flush(&session->writer);
    token_writer_free(&session->writer);
    encoder_free(session->encoder);
    chat_prompt_free(&session->prompt);
    buffer_free(&session->record);
    id_list_free(&session->ids);
    span_list_free(&session->spans);
}

static void write_vocabulary(const struct tokenizer *tokenizer)
{
    struct buffer lines = {0};
    token_text_append_all(tokenizer, &lines);
    write_all(STDOUT_FILENO, lines.data, lines.size, "(stdout)");
    buffer_free(&lines);
}

static void write_id_of(const struct tokenizer *tokenizer)
{
    int32_t id = tokenizer_find(tokenizer, id_of, strlen(id_of));
    if (id == ID_NONE)
        die(STATUS_INPUT, "%s: no token '%s'", tokenizer->name, id_of);
    printf("%d\n", id);
}

static void check_chat_options(void)
{
    if (chat.format != NULL && offsets)
        die_usage("--offsets and --chat cannot be combined");
    if (chat.format == NULL
        && (chat.system != NULL || messages || chat.date != NULL || no_reply))
        die_usage("--system, --messages, --date and --no-reply require --chat");
    chat.replies = !no_reply;
}

static void compile(const struct tokenizer *tokenizer)
{
    if (tokenizer->compiled)
        die(STATUS_INPUT, "%s: already compiled", tokenizer->name);
    if (!tokenizer_is_compilable(tokenizer))
        die(STATUS_INPUT, "%s: cannot compile this kind of sentencepiece model",
            tokenizer->name);
    compiled_write(tokenizer, compile_name);
}

// What is asked of the tokenizer alone. Returns whether anything was.
static bool answer(const struct tokenizer *tokenizer, int operand_count)
{
    if (compile_name == NULL && id_of == NULL && !vocabulary)
        return false;
    if (operand_count > 0)
        die_usage("--compile, --vocab and --id-of take no operands");
    if (compile_name != NULL)
        compile(tokenizer);
    if (id_of != NULL)
        write_id_of(tokenizer);
    if (vocabulary)
        write_vocabulary(tokenizer);
    return true;
}

static void tokenize_all(const struct tokenizer *tokenizer, int count, char **names)
{
    struct session session;
    tokenizer_check_encodes(tokenizer);
    check_markers(tokenizer);
    session_open(&session, tokenizer);
    if (count == 0)
        tokenize_input(&session, "-");
    for (int i = 0; i < count; i++)
        tokenize_input(&session, names[i]);
    session_close(&session);
}

int main(int argc, char **argv)
{
    standard_descriptors_secure();
    diagnostics_init(program.name);
    int operand = options_parse(&program, argc, argv, false);
    if (tokenizer_name == NULL)
        die_usage("missing option: --tokenizer");
    check_chat_options();
    struct tokenizer *tokenizer = tokenizer_open(tokenizer_name, pattern);
    if (!answer(tokenizer, argc - operand))
        tokenize_all(tokenizer, argc - operand, argv + operand);
    tokenizer_close(tokenizer);
    stdout_close();
    return STATUS_OK;
}
