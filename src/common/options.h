// SPDX-License-Identifier: BSD-2-Clause
// One table of options per program. getopt_long, --help and the shell completions all come from
// that table; tests compare the table with the man page.

#ifndef AOTI_COMMON_OPTIONS_H
#define AOTI_COMMON_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

enum option_kind {
    OPTION_END = 0,  // ends the table
    OPTION_SET,      // no argument: *(int *)target = value
    OPTION_TEXT,     // *(const char **)target = argument
    OPTION_INTEGER,  // *(int64_t *)target = argument, from minimum to maximum
    OPTION_NUMBER,   // *(double *)target = argument, from lowest to highest
    OPTION_CALL,     // call(name, argument)
};

// Stores the ARGUMENT of option NAME. Dies with STATUS_USAGE if the argument is invalid.
typedef void option_call(const char *name, const char *argument);

struct option_spec {
    enum option_kind kind;
    char letter;           // short form, or 0
    const char *name;      // long form, without dashes
    const char *argument;  // name of the argument in --help; NULL if the option takes none
    const char *help;      // one phrase; lines are separated by '\n'
    const char *choices;   // valid arguments, separated by single spaces; NULL: any
    void *target;          // variable to set
    int value;             // OPTION_SET: value to store
    int64_t minimum;       // OPTION_INTEGER: range, both ends included
    int64_t maximum;
    double lowest;         // OPTION_NUMBER: range, both ends included
    double highest;
    option_call *call;     // OPTION_CALL
};

struct program {
    const char *name;      // "aoti-forward"
    const char *operands;  // "PACKAGE [FILE]..."
    const char *summary;   // one sentence
    const struct option_spec *options;
    const char *const *version_notes;  // extra lines of --version, NULL-terminated, or NULL
};

// Parses ARGV and sets the targets. Returns the index of the first operand; getopt_long moves
// options before operands. STOP_AT_OPERAND ends parsing at the first operand, for programs that
// run a command. Dies with STATUS_USAGE.
//
// --help and --version print and exit. So does --print-options, which --help leaves out: it writes
// the table for contrib/completions.awk, with tabs between fields. The first line describes the
// program (name, operands, summary), each further line an option (letter, name, argument, choices,
// help).
int options_parse(const struct program *program, int argc, char **argv, bool stop_at_operand);

// Returns the decimal integer TEXT. Dies with STATUS_USAGE, naming option NAME, if TEXT is not an
// integer from MINIMUM to MAXIMUM.
int64_t options_integer(const char *name, const char *text, int64_t minimum, int64_t maximum);

#endif
