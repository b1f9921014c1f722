// SPDX-License-Identifier: BSD-2-Clause
// Unit tests of src/common: the token stream, and numbers in options.

#include "config.h"

#include <check.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/diagnostics.h"
#include "common/options.h"
#include "common/stream.h"

// Returns a descriptor to read TEXT from.
static int input_of(const char *text)
{
    int ends[2];
    ck_assert_int_eq(pipe(ends), 0);
    ck_assert_int_eq(write(ends[1], text, strlen(text)), (ssize_t)strlen(text));
    close(ends[1]);
    return ends[0];
}

// Reads TEXT as a stream and checks its events: "5 7 . 8 !" is two ids, the end of a sequence, an
// id, and a truncated end.
static void check_stream(const char *text, const char *wanted)
{
    static struct token_reader reader;
    char got[256] = "";
    int32_t id;
    enum token_event event;
    token_reader_init(&reader, input_of(text), "test");
    do {
        event = token_reader_next(&reader, &id);
        size_t used = strlen(got);
        if (event == TOKEN_ID)
            snprintf(got + used, sizeof got - used, "%d ", id);
        else if (event != TOKEN_STREAM_END)
            snprintf(got + used, sizeof got - used, "%s",
                     event == TOKEN_SEQUENCE_END ? ". " : "! ");
    } while (event <= TOKEN_SEQUENCE_END);
    close(reader.descriptor);
    ck_assert_str_eq(got, wanted);
}

START_TEST(reads_sequences)
{
    check_stream("", "");
    check_stream("\n", ". ");
    check_stream("1 2\n3\n", "1 2 . 3 . ");
    check_stream("0 2147483647 \n\n", "0 2147483647 . . ");
    check_stream("  1 \t 2  \n", "1 2 . ");
}
END_TEST

START_TEST(tells_truncated_streams)
{
    check_stream("1 2", "1 ! ");
    check_stream("1 2 ", "1 2 ! ");
    check_stream("1\n2", "1 . ! ");
    check_stream(" ", "! ");
}
END_TEST

START_TEST(refuses_other_bytes)
{
    static const char *const texts[] = {"-1\n",   "+1\n", "0x1\n",        "1,2\n",
                                        "1\r\n",  "a\n",  "2147483648\n", "99999999999999999999\n",
                                        "1 2\v\n"};
    int32_t id;
    struct token_reader reader;
    token_reader_init(&reader, input_of(texts[_i]), "test");
    while (token_reader_next(&reader, &id) <= TOKEN_SEQUENCE_END)
        ;
}
END_TEST

// All ids below 20000, where digits carry, and those around each power of ten.
static size_t ids_of_every_length(int32_t *ids)
{
    size_t count = 0;
    while (count < 20000) {
        ids[count] = (int32_t)count;
        count++;
    }
    for (int64_t power = 10; power < INT32_MAX; power *= 10)
        for (int64_t id = power - 2; id <= power + 2; id++)
            ids[count++] = (int32_t)id;
    ids[count++] = INT32_MAX;
    return count;
}

// Returns a file with one sequence.
static FILE *file_of_ids(const int32_t *ids, size_t count)
{
    struct token_writer writer;
    FILE *file = tmpfile();
    ck_assert_ptr_nonnull(file);
    token_writer_init(&writer, fileno(file), "test");
    token_writer_put_all(&writer, ids, count);
    token_writer_end_sequence(&writer);
    token_writer_flush(&writer);
    token_writer_free(&writer);
    rewind(file);
    return file;
}

START_TEST(ids_of_every_length_come_back)
{
    static struct token_reader reader;
    static int32_t ids[21000];
    size_t count = ids_of_every_length(ids);
    uint64_t column = 1;
    int32_t id;
    FILE *file = file_of_ids(ids, count);
    token_reader_init(&reader, fileno(file), "test");
    for (size_t i = 0; i < count; i++) {
        char text[16];
        ck_assert_int_eq(token_reader_next(&reader, &id), TOKEN_ID);
        ck_assert_int_eq(id, ids[i]);
        ck_assert_uint_eq(reader.id_column, column);
        column += (uint64_t)snprintf(text, sizeof text, "%d ", id);
    }
    ck_assert_int_eq(token_reader_next(&reader, &id), TOKEN_SEQUENCE_END);
    ck_assert_int_eq(token_reader_next(&reader, &id), TOKEN_STREAM_END);
    fclose(file);
}
END_TEST

START_TEST(many_ids_are_the_same_as_each)
{
    enum { MANY = 100 };
    static struct token_reader each, many;
    static int32_t ids[21000];
    int32_t some[MANY], id;
    size_t count = ids_of_every_length(ids), at_once = 0, got;
    FILE *file = file_of_ids(ids, count), *same = file_of_ids(ids, count);
    token_reader_init(&each, fileno(file), "test");
    token_reader_init(&many, fileno(same), "test");
    for (size_t i = 0; i < count; i += got) {
        size_t next = many.next;
        uint64_t column = many.column;
        at_once += got = token_reader_next_many(&many, some, MANY);
        for (size_t k = 0; k < got; k++) {
            ck_assert_int_eq(some[k], ids[i + k]);
            token_reader_next(&each, &id);
        }
        if (got > 0) {
            token_reader_take_again(&many, next, column, got);
            ck_assert_uint_eq(many.id_column, each.id_column);
            continue;
        }
        got = 1;
        ck_assert_int_eq(token_reader_next(&many, &id), TOKEN_ID);
        ck_assert_int_eq(id, ids[i]);
        token_reader_next(&each, &id);
        ck_assert_uint_eq(many.id_column, each.id_column);
    }
    ck_assert_uint_gt(at_once, count / 4);
    ck_assert_int_eq(token_reader_next(&many, &id), TOKEN_SEQUENCE_END);
    fclose(file);
    fclose(same);
}
END_TEST

START_TEST(writes_sequences)
{
    struct token_writer writer;
    char text[64] = "";
    int ends[2];
    ck_assert_int_eq(pipe(ends), 0);
    token_writer_init(&writer, ends[1], "test");
    token_writer_put(&writer, 0);
    token_writer_put(&writer, 2147483647);
    token_writer_end_sequence(&writer);
    token_writer_end_sequence(&writer);
    token_writer_put(&writer, 10);
    token_writer_flush(&writer);
    token_writer_put(&writer, 99);
    token_writer_end_sequence(&writer);
    token_writer_flush(&writer);
    token_writer_free(&writer);
    close(ends[1]);
    ck_assert_int_gt(read(ends[0], text, sizeof text - 1), 0);
    close(ends[0]);
    ck_assert_str_eq(text, "0 2147483647\n\n10 99\n");
}
END_TEST

START_TEST(reads_option_numbers)
{
    ck_assert_int_eq(options_integer("n", "0", 0, 10), 0);
    ck_assert_int_eq(options_integer("n", "10", 0, 10), 10);
    ck_assert_int_eq(options_integer("n", "-3", -5, 10), -3);
}
END_TEST

START_TEST(refuses_option_numbers)
{
    static const char *const texts[] = {"", " 1", "1 ", "1x", "0x1", "11", "-1", "1.5",
                                        "99999999999999999999"};
    options_integer("n", texts[_i], 0, 10);
}
END_TEST

static int64_t count;
static double share;
static const char *mode;

// Above 2^53, not every integer is a double.
static const struct option_spec table[] = {
    {.kind = OPTION_INTEGER, .letter = 'n', .name = "count", .argument = "N", .help = "",
     .target = &count, .minimum = INT64_MIN, .maximum = INT64_C(9007199254740993)},
    {.kind = OPTION_NUMBER, .name = "share", .argument = "S", .help = "", .target = &share,
     .lowest = 0.5, .highest = 1},
    {.kind = OPTION_TEXT, .name = "mode", .argument = "MODE", .help = "", .target = &mode,
     .choices = "auto builtin torch"},
    {.kind = OPTION_END},
};
static const struct program program = {.name = "check", .operands = "", .options = table};

// Parses a command line with the option NAME and ARGUMENT.
static void parse(const char *name, const char *argument)
{
    static char words[3][64] = {"check"};
    char *argv[] = {words[0], words[1], words[2], NULL};
    snprintf(words[1], sizeof words[1], "%s", name);
    snprintf(words[2], sizeof words[2], "%s", argument);
    optind = 0;  // makes getopt_long start over
    ck_assert_int_eq(options_parse(&program, 3, argv, false), 3);
}

START_TEST(stores_arguments)
{
    parse("--count", "9007199254740993");
    ck_assert(count == INT64_C(9007199254740993));
    parse("-n", "-9223372036854775808");
    ck_assert(count == INT64_MIN);
    parse("--share", "0.5");
    ck_assert(share == 0.5);
    static const char *const modes[] = {"auto", "builtin", "torch"};
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
        parse("--mode", modes[i]);
        ck_assert_str_eq(mode, modes[i]);
    }
}
END_TEST

START_TEST(refuses_arguments)
{
    static const char *const lines[][2] = {
        {"--count", "9007199254740994"}, {"--count", "-9223372036854775809"}, {"-n", ""},
        {"--share", "0.4999"}, {"--share", "1.0001"}, {"--share", "nan"}, {"--share", "1x"},
        {"--mode", "aut"}, {"--mode", "autos"}, {"--mode", "auto builtin"}, {"--mode", ""},
        {"--mode", "Own"}, {"--mode", " "},
    };
    _Static_assert(sizeof lines / sizeof *lines == 13, "as many as the loop runs");
    parse(lines[_i][0], lines[_i][1]);
}
END_TEST

int main(void)
{
    TCase *stream = tcase_create("stream");
    tcase_add_test(stream, reads_sequences);
    tcase_add_test(stream, tells_truncated_streams);
    tcase_add_loop_exit_test(stream, refuses_other_bytes, STATUS_INPUT, 0, 9);
    tcase_add_test(stream, writes_sequences);
    tcase_add_test(stream, ids_of_every_length_come_back);
    tcase_add_test(stream, many_ids_are_the_same_as_each);
    TCase *options = tcase_create("options");
    tcase_add_test(options, reads_option_numbers);
    tcase_add_loop_exit_test(options, refuses_option_numbers, STATUS_USAGE, 0, 9);
    tcase_add_test(options, stores_arguments);
    tcase_add_loop_exit_test(options, refuses_arguments, STATUS_USAGE, 0, 13);
    Suite *suite = suite_create("common");
    suite_add_tcase(suite, stream);
    suite_add_tcase(suite, options);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
