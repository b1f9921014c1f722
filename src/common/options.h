// SPDX-License-Identifier: BSD-2-Clause
// One table of options per program. It drives getopt_long, --help, and the tests that compare
// both with the man page and the shell completions.

#ifndef AOTI_COMMON_OPTIONS_H
#define AOTI_COMMON_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

enum option_kind {
    OPTION_END = 0,  // ends the table
    OPTION_SET,      // no argument: *(int *)target = value
    OPTION_TEXT,     // *(const char **)target = argument
    OPTION_INTEGER,  // *(int64_t *)target = argument, from minimum to maximum
    OPTION_NUMBER,   // *(double *)target = argument, from minimum to maximum
    OPTION_CALL,     // call(name, argument)
};

// Takes an option's argument; dies with die_usage where it is no good.
typedef void option_call(const char *name, const char *argument);

struct option_spec {
    enum option_kind kind;
    char letter;           // short form, or 0
    const char *name;      // long form, without dashes
    const char *argument;  // the argument's name in --help; NULL where the option takes none
    const char *help;      // what it does, one phrase; further lines after '\n'
    const char *choices;   // the arguments there are, a space between them; NULL where any is good
    void *target;          // the variable that takes the value
    int value;             // OPTION_SET: what is stored
    double minimum;        // OPTION_INTEGER, OPTION_NUMBER: the range, both ends included
    double maximum;
    option_call *call;     // OPTION_CALL
};

struct program {
    const char *name;      // "aoti-forward"
    const char *operands;  // "PACKAGE [FILE]..."
    const char *summary;   // one sentence
    const struct option_spec *options;
    const char *const *version_notes;  // further lines of --version, NULL-terminated, or NULL
};

// Parses ARGV by the table. --help and --version print and exit. Bad usage ends in die_usage.
// So does --print-options, which --help does not name: it writes the table for the generator of the
// shell completions, first the program's line (name, operands, summary), then one for each option
// (letter, name, argument, choices, help), a tab between fields.
// Options stop at the first operand where STOP_AT_OPERAND (for programs that run a command).
// Returns the index of the first operand in ARGV (options are moved before operands).
int options_parse(const struct program *program, int argc, char **argv, bool stop_at_operand);

// A decimal integer of TEXT from MINIMUM to MAXIMUM, or die_usage naming option NAME.
int64_t options_integer(const char *name, const char *text, int64_t minimum, int64_t maximum);

#endif
