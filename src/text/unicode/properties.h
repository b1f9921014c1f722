// SPDX-License-Identifier: BSD-2-Clause
// Properties of code points by Unicode 16.0, as the reference's regular expressions name them.

#ifndef AOTI_TEXT_UNICODE_PROPERTIES_H
#define AOTI_TEXT_UNICODE_PROPERTIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "text/unicode/classes.h"
#include "text/unicode/code_set.h"

enum general_category {
    CATEGORY_CC, CATEGORY_CF, CATEGORY_CN, CATEGORY_CO, CATEGORY_CS, CATEGORY_LL, CATEGORY_LM,
    CATEGORY_LO, CATEGORY_LT, CATEGORY_LU, CATEGORY_MC, CATEGORY_ME, CATEGORY_MN, CATEGORY_ND,
    CATEGORY_NL, CATEGORY_NO, CATEGORY_PC, CATEGORY_PD, CATEGORY_PE, CATEGORY_PF, CATEGORY_PI,
    CATEGORY_PO, CATEGORY_PS, CATEGORY_SC, CATEGORY_SK, CATEGORY_SM, CATEGORY_SO, CATEGORY_ZL,
    CATEGORY_ZP, CATEGORY_ZS,
};

// Code points of the same value, up to the beginning of the next run. CODE_POINT_MAX + 1 ends a
// table.
struct property_run {
    uint32_t begin : 24, value : 8;
};

extern const struct property_run unicode_category_runs[], unicode_script_runs[];
extern const struct property_run unicode_punctuation_runs[];  // 1: see properties_data.py

// By the values of unicode_script_runs; NULLs end it.
extern const struct script_name {
    const char *code, *name;  // "Grek", "Greek"
} unicode_scripts[];

// Adds to SET the code points with the property NAME of SIZE bytes: a general category, a script,
// or a name of POSIX brackets. Ignores case, hyphens, underscores and spaces. Returns false if the
// name is unknown.
bool unicode_property_add(struct code_set *set, const char *name, size_t size);

// Superscripts and fractions, which \w has, and [[:word:]] has not.
enum { UNICODE_LATIN1_NUMBERS = 6 };
extern const uint32_t unicode_latin1_numbers[UNICODE_LATIN1_NUMBERS];

// Adds the code points of \w, and those that are punctuation for the reference's Punctuation.
void unicode_word_add(struct code_set *set);
void unicode_punctuation_add(struct code_set *set);

// Adds the code points of one of the classes of classes.h.
void unicode_class_add(struct code_set *set, unsigned class);

#endif
