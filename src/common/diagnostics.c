// SPDX-License-Identifier: BSD-2-Clause

#include "config.h"

#include "common/diagnostics.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MESSAGE_MAX = 4096 };

static const char *name_of_program = "aoti-utils";
static void (*exit_hook)(enum status);

void diagnostics_init(const char *program_name)
{
    name_of_program = program_name;
}

void diagnostics_set_exit(void (*hook)(enum status))
{
    exit_hook = hook;
}

// Replaces control bytes. File names and input text end up in messages: they must not send escape
// sequences to the terminal nor break the line.
static void mask_control_bytes(char *text)
{
    for (unsigned char *c = (unsigned char *)text; *c != '\0'; c++)
        if (*c < 0x20 || *c == 0x7f)
            *c = '?';
}

// Writes the line in a single write(2), so that lines of the programs of a pipeline do not mix.
static void print_line(const char *format, va_list arguments, int error_number)
{
    char line[MESSAGE_MAX];
    size_t used = (size_t)snprintf(line, sizeof line, "%s: ", name_of_program);
    int more = vsnprintf(line + used, sizeof line - used, format, arguments);
    if (more > 0)
        used += (size_t)more;
    if (error_number != 0 && used < sizeof line)
        snprintf(line + used, sizeof line - used, ": %s", strerror(error_number));
    mask_control_bytes(line);
    size_t length = strnlen(line, sizeof line - 1);
    line[length] = '\n';
    ssize_t ignored = write(STDERR_FILENO, line, length + 1);  // nowhere left to report it
    (void)ignored;
}

static _Noreturn void leave(enum status status)
{
    if (exit_hook != NULL)
        exit_hook(status);
    exit((int)status);
}

// Lets only the first thread that dies print its message. Others wait for the exit.
static void claim_last_word(void)
{
    static atomic_flag claimed = ATOMIC_FLAG_INIT;
    while (exit_hook == NULL && atomic_flag_test_and_set(&claimed))
        pause();
}

void warn(const char *format, ...)
{
    int saved = errno;
    va_list arguments;
    va_start(arguments, format);
    print_line(format, arguments, 0);
    va_end(arguments);
    errno = saved;
}

void die(enum status status, const char *format, ...)
{
    va_list arguments;
    claim_last_word();
    va_start(arguments, format);
    print_line(format, arguments, 0);
    va_end(arguments);
    leave(status);
}

void die_errno(enum status status, const char *format, ...)
{
    int saved = errno;
    va_list arguments;
    claim_last_word();
    va_start(arguments, format);
    print_line(format, arguments, saved);
    va_end(arguments);
    leave(status);
}

void die_usage(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    print_line(format, arguments, 0);
    va_end(arguments);
    dprintf(STDERR_FILENO, "Try '%s --help' for more information.\n", name_of_program);
    leave(STATUS_USAGE);
}
