// SPDX-License-Identifier: BSD-2-Clause
// Messages to stderr, and exit statuses.

#ifndef AOTI_COMMON_DIAGNOSTICS_H
#define AOTI_COMMON_DIAGNOSTICS_H

#include <stdarg.h>

// Exit statuses of all programs; see aoti-utils(7).
enum status {
    STATUS_OK = 0,
    STATUS_FAILURE = 1,  // I/O, out of memory, the model failed
    STATUS_USAGE = 2,    // unknown option, bad value, missing operand
    STATUS_INPUT = 3,    // malformed stream, id out of range, invalid tokenizer
    STATUS_PACKAGE = 4,  // damaged, unsafe, or built for another machine
    STATUS_DEVICE = 5,   // missing, busy or out of memory
};

// Sets the name that starts every message. PROGRAM_NAME must stay valid.
void diagnostics_init(const char *program_name);

// Prints one line, "program: message". Replaces control bytes, which a terminal could act on, by
// '?'. Preserves errno.
void warn(const char *format, ...) __attribute__((format(printf, 1, 2)));

// Prints like warn() and exits with STATUS. Does not flush a token writer: the caller flushes what
// it wants written.
_Noreturn void die(enum status status, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

// Like die(), with ": " and the text for errno after the message.
_Noreturn void die_errno(enum status status, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

// Like die(), with STATUS_USAGE; adds a line "Try 'PROGRAM --help' for more information."
_Noreturn void die_usage(const char *format, ...) __attribute__((format(printf, 1, 2)));

// Makes the functions above call HOOK instead of exit(), for fuzz targets, which must survive bad
// input. HOOK must not return. NULL restores exit().
void diagnostics_set_exit(void (*hook)(enum status));

#endif
