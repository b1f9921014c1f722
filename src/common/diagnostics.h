// SPDX-License-Identifier: BSD-2-Clause
// What a program says on stderr and the status it ends with.

#ifndef AOTI_COMMON_DIAGNOSTICS_H
#define AOTI_COMMON_DIAGNOSTICS_H

#include <stdarg.h>

// The exit statuses that all programs share; aoti-utils(7) documents them.
enum status {
    STATUS_OK = 0,
    STATUS_FAILURE = 1,  // I/O, out of memory, the model failed
    STATUS_USAGE = 2,    // unknown option, bad value, missing operand
    STATUS_INPUT = 3,    // malformed stream, id out of range, invalid tokenizer
    STATUS_PACKAGE = 4,  // damaged, unsafe, or built for another machine
    STATUS_DEVICE = 5,   // missing, busy or out of memory
};

// Sets the name that starts every message. The string must stay valid.
void diagnostics_init(const char *program_name);

// The name given to diagnostics_init.
const char *program_name(void);

// Prints one line, "program: message", with bytes that a terminal could act upon made visible.
// Never changes errno.
void warn(const char *format, ...) __attribute__((format(printf, 1, 2)));

// Prints like warn and exits with STATUS. What is buffered for stdout is not written: a program
// flushes what it has before it gives up.
_Noreturn void die(enum status status, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

// Prints "program: message: system's text for errno" and exits with STATUS.
_Noreturn void die_errno(enum status status, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

// As die, for STATUS_USAGE: a second line says where help is to be had.
_Noreturn void die_usage(const char *format, ...) __attribute__((format(printf, 1, 2)));

// Has HOOK called instead of exit(STATUS) by the functions above, for fuzz targets that must
// survive bad input. HOOK must not return. NULL restores exit.
void diagnostics_set_exit(void (*hook)(enum status));

#endif
