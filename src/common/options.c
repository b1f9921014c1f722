// SPDX-License-Identifier: BSD-2-Clause

#include "config.h"

#include "common/options.h"

#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/diagnostics.h"
#include "common/io.h"
#include "common/memory.h"

// Values that getopt_long returns.
enum {
    LONG_ONLY = 256,      // LONG_ONLY + i: long form of table entry i
    CODE_HELP = 1 << 20,  // options common to all programs
    CODE_VERSION,
    CODE_PRINT_OPTIONS,
    HELP_COLUMN = 30,
};

static const struct option_spec common_options[] = {
    {.kind = OPTION_SET, .name = "help", .help = "print this help and exit"},
    {.kind = OPTION_SET, .name = "version", .help = "print the version and exit"},
    {.kind = OPTION_END},
};

static int count_options(const struct option_spec *options)
{
    int count = 0;
    while (options[count].kind != OPTION_END)
        count++;
    return count;
}

static void print_option(const struct option_spec *option)
{
    char form[128];
    int used = option->letter != 0 ? snprintf(form, sizeof form, "  -%c, ", option->letter)
                                   : snprintf(form, sizeof form, "      ");
    used += snprintf(form + used, sizeof form - (size_t)used, "--%s", option->name);
    if (option->argument != NULL)
        used += snprintf(form + used, sizeof form - (size_t)used, " %s", option->argument);
    if (used + 2 > HELP_COLUMN) {
        printf("%s\n", form);
        form[0] = '\0';
    }
    for (const char *line = option->help; line != NULL;) {
        const char *end = strchr(line, '\n');
        int length = end != NULL ? (int)(end - line) : (int)strlen(line);
        printf("%-*s%.*s\n", HELP_COLUMN, form, length, line);
        form[0] = '\0';
        line = end != NULL ? end + 1 : NULL;
    }
}

static _Noreturn void print_help(const struct program *program)
{
    printf("Usage: %s [OPTION]... %s\n%s\n\nOptions:\n", program->name, program->operands,
           program->summary);
    for (const struct option_spec *o = program->options; o->kind != OPTION_END; o++)
        print_option(o);
    for (const struct option_spec *o = common_options; o->kind != OPTION_END; o++)
        print_option(o);
    printf("\nExit status: 0 success, 1 failure, 2 usage, 3 bad input, 4 bad package, 5 device.\n"
           "Full documentation: %s(1). File formats: aoti-stream(5), aoti-package(5).\n",
           program->name);
    if (PACKAGE_BUGREPORT[0] != '\0')
        printf("Report bugs to <%s>.\n", PACKAGE_BUGREPORT);
    stdout_close();
    exit(STATUS_OK);
}

static _Noreturn void print_version(const struct program *program)
{
    printf("%s (" PACKAGE_NAME ") " PACKAGE_VERSION "\n", program->name);
    for (const char *const *note = program->version_notes; note != NULL && *note != NULL; note++)
        printf("%s\n", *note);
    printf("Copyright (C) 2026 the aoti-utils authors. License: BSD-2-Clause. No warranty.\n");
    stdout_close();
    exit(STATUS_OK);
}

static void print_on_one_line(const char *text)
{
    for (; *text != '\0'; text++)
        putchar(*text == '\n' ? ' ' : *text);
    putchar('\n');
}

static void print_fields(const struct option_spec *option)
{
    printf("%.*s\t%s\t%s\t%s\t", option->letter != 0, &option->letter, option->name,
           option->argument != NULL ? option->argument : "",
           option->choices != NULL ? option->choices : "");
    print_on_one_line(option->help);
}

static _Noreturn void print_table(const struct program *program)
{
    printf("%s\t%s\t%s\n", program->name, program->operands, program->summary);
    for (const struct option_spec *o = program->options; o->kind != OPTION_END; o++)
        print_fields(o);
    for (const struct option_spec *o = common_options; o->kind != OPTION_END; o++)
        print_fields(o);
    stdout_close();
    exit(STATUS_OK);
}

int64_t options_integer(const char *name, const char *text, int64_t minimum, int64_t maximum)
{
    char *end;
    errno = 0;
    long long value = strtoll(text, &end, 10);
    if (end == text || *end != '\0' || isspace((unsigned char)*text) || errno == ERANGE
        || value < minimum || value > maximum)
        die_usage("invalid argument '%s' for --%s: expected an integer from %lld to %lld", text,
                  name, (long long)minimum, (long long)maximum);
    return value;
}

static double parse_number(const struct option_spec *option, const char *text)
{
    char *end;
    double value = strtod(text, &end);
    if (end == text || *end != '\0' || isspace((unsigned char)*text) || !isfinite(value)
        || value < option->lowest || value > option->highest)
        die_usage("invalid argument '%s' for --%s: expected a number from %g to %g", text,
                  option->name, option->lowest, option->highest);
    return value;
}

static bool is_choice(const char *choices, const char *argument)
{
    size_t length = strlen(argument);
    for (const char *choice = choices; choice != NULL;) {
        const char *end = strchr(choice, ' ');
        size_t size = end != NULL ? (size_t)(end - choice) : strlen(choice);
        if (size == length && memcmp(choice, argument, length) == 0)
            return true;
        choice = end != NULL ? end + 1 : NULL;
    }
    return false;
}

// Dies with "expected auto, builtin or torch" for the choices "auto builtin torch".
static _Noreturn void die_of_choice(const struct option_spec *option, const char *argument)
{
    struct buffer list = {0};
    const char *last = strrchr(option->choices, ' ');
    for (const char *c = option->choices; *c != '\0'; c++) {
        const char *separator = c == last ? " or " : ", ";
        if (*c == ' ')
            buffer_append(&list, separator, strlen(separator));
        else
            buffer_append(&list, c, 1);
    }
    buffer_append(&list, "", 1);
    die_usage("invalid argument '%s' for --%s: expected %s", argument, option->name, list.data);
}

static void apply(const struct option_spec *option, const char *argument)
{
    if (option->choices != NULL && !is_choice(option->choices, argument))
        die_of_choice(option, argument);
    switch (option->kind) {
    case OPTION_SET:
        *(int *)option->target = option->value;
        break;
    case OPTION_TEXT:
        *(const char **)option->target = argument;
        break;
    case OPTION_INTEGER:
        *(int64_t *)option->target =
            options_integer(option->name, argument, option->minimum, option->maximum);
        break;
    case OPTION_NUMBER:
        *(double *)option->target = parse_number(option, argument);
        break;
    case OPTION_CALL:
        option->call(option->name, argument);
        break;
    case OPTION_END:
        abort();  // find_option never returns the end of the table
    }
}

static void add_long(struct option *table, const struct option_spec *spec, int value)
{
    *table = (struct option){
        .name = spec->name,
        .has_arg = spec->argument != NULL ? required_argument : no_argument,
        .val = value,
    };
}

// Returns the long options for getopt_long. Free with free().
static struct option *long_options(const struct option_spec *options, int count)
{
    struct option *table = xcalloc((size_t)count + 4, sizeof *table);
    for (int i = 0; i < count; i++)
        add_long(&table[i], &options[i], LONG_ONLY + i);
    add_long(&table[count], &common_options[0], CODE_HELP);
    add_long(&table[count + 1], &common_options[1], CODE_VERSION);
    table[count + 2] = (struct option){.name = "print-options", .val = CODE_PRINT_OPTIONS};
    return table;
}

static _Noreturn void answer_common(const struct program *program, int code)
{
    if (code == CODE_HELP)
        print_help(program);
    if (code == CODE_VERSION)
        print_version(program);
    print_table(program);
}

// Returns the string of short options for getopt_long. The leading ':' makes getopt_long return ':'
// for a missing argument. Free with free().
static char *short_options(const struct option_spec *options, int count, bool stop_at_operand)
{
    char *text = xmalloc(2 * (size_t)count + 3);
    char *end = text;
    if (stop_at_operand)
        *end++ = '+';
    *end++ = ':';
    for (int i = 0; i < count; i++) {
        if (options[i].letter == 0)
            continue;
        *end++ = options[i].letter;
        if (options[i].argument != NULL)
            *end++ = ':';
    }
    *end = '\0';
    return text;
}

static const struct option_spec *find_option(const struct option_spec *options, int count, int code)
{
    if (code >= LONG_ONLY)
        return &options[code - LONG_ONLY];
    for (int i = 0; i < count; i++)
        if (options[i].letter == code)
            return &options[i];
    abort();  // getopt_long returns only letters of the table
}

int options_parse(const struct program *program, int argc, char **argv, bool stop_at_operand)
{
    int count = count_options(program->options);
    struct option *table = long_options(program->options, count);
    char *letters = short_options(program->options, count, stop_at_operand);

    opterr = 0;  // messages come from die_usage() instead
    for (int code; (code = getopt_long(argc, argv, letters, table, NULL)) != -1;) {
        const char *word = optind > 0 ? argv[optind - 1] : "";
        if (code >= CODE_HELP)
            answer_common(program, code);
        if (code == ':')
            die_usage("option '%s' requires an argument", word);
        if (code == '?' && optopt > 0 && optopt < LONG_ONLY)
            die_usage("unknown option '-%c'", optopt);
        if (code == '?')
            die_usage(optopt == 0 ? "unknown option '%s'" : "option '%s' takes no argument", word);
        apply(find_option(program->options, count, code), optarg);
    }
    free(letters);
    free(table);
    return optind;
}
