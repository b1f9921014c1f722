// SPDX-License-Identifier: BSD-2-Clause

#include "config.h"

#include "text/unicode/properties.h"

#include <string.h>

#define ONE(category) (1u << CATEGORY_##category)
#define LETTERS (ONE(LL) | ONE(LM) | ONE(LO) | ONE(LT) | ONE(LU))
#define MARKS (ONE(MC) | ONE(ME) | ONE(MN))
#define NUMBERS (ONE(ND) | ONE(NL) | ONE(NO))
#define PUNCTUATION (ONE(PC) | ONE(PD) | ONE(PE) | ONE(PF) | ONE(PI) | ONE(PO) | ONE(PS))
#define SYMBOLS (ONE(SC) | ONE(SK) | ONE(SM) | ONE(SO))
#define SEPARATORS (ONE(ZL) | ONE(ZP) | ONE(ZS))
#define OTHERS (ONE(CC) | ONE(CF) | ONE(CN) | ONE(CO) | ONE(CS))

// Names in small letters without hyphens, underscores and spaces.
static const struct {
    const char *name, *long_name;
    uint32_t categories;  // bits by enum general_category
} categories[] = {
    {"any", NULL, UINT32_MAX},
    {"assigned", NULL, ~ONE(CN)},
    {"c", "other", OTHERS},
    {"cc", "control", ONE(CC)},
    {"cf", "format", ONE(CF)},
    {"cn", "unassigned", ONE(CN)},
    {"co", "privateuse", ONE(CO)},
    {"cs", "surrogate", ONE(CS)},
    {"l", "letter", LETTERS},
    {"lc", "casedletter", ONE(LL) | ONE(LT) | ONE(LU)},
    {"ll", "lowercaseletter", ONE(LL)},
    {"lm", "modifierletter", ONE(LM)},
    {"lo", "otherletter", ONE(LO)},
    {"lt", "titlecaseletter", ONE(LT)},
    {"lu", "uppercaseletter", ONE(LU)},
    {"m", "mark", MARKS},
    {"mc", "spacingmark", ONE(MC)},
    {"me", "enclosingmark", ONE(ME)},
    {"mn", "nonspacingmark", ONE(MN)},
    {"n", "number", NUMBERS},
    {"nd", "decimalnumber", ONE(ND)},
    {"nl", "letternumber", ONE(NL)},
    {"no", "othernumber", ONE(NO)},
    {"p", "punctuation", PUNCTUATION},
    {"pc", "connectorpunctuation", ONE(PC)},
    {"pd", "dashpunctuation", ONE(PD)},
    {"pe", "closepunctuation", ONE(PE)},
    {"pf", "finalpunctuation", ONE(PF)},
    {"pi", "initialpunctuation", ONE(PI)},
    {"po", "otherpunctuation", ONE(PO)},
    {"ps", "openpunctuation", ONE(PS)},
    {"s", "symbol", SYMBOLS},
    {"sc", "currencysymbol", ONE(SC)},
    {"sk", "modifiersymbol", ONE(SK)},
    {"sm", "mathsymbol", ONE(SM)},
    {"so", "othersymbol", ONE(SO)},
    {"z", "separator", SEPARATORS},
    {"zl", "lineseparator", ONE(ZL)},
    {"zp", "paragraphseparator", ONE(ZP)},
    {"zs", "spaceseparator", ONE(ZS)},
    // Of POSIX brackets.
    {"cntrl", NULL, ONE(CC)},
    {"digit", NULL, ONE(ND)},
    {"punct", NULL, PUNCTUATION},
};

// Adds the code points whose value in RUNS is one of the bits VALUES, or VALUE where that is not 0.
static void add_runs(struct code_set *set, const struct property_run *runs, uint32_t values,
                     unsigned value)
{
    struct code_set found = {0};
    for (; runs->begin <= CODE_POINT_MAX; runs++)
        if (values != 0 ? values >> runs->value & 1 : runs->value == value)
            code_set_add(&found, runs->begin, runs[1].begin - 1u);
    code_set_unite(set, &found);
    code_set_free(&found);
}

static void add_categories(struct code_set *set, uint32_t wanted)
{
    add_runs(set, unicode_category_runs, wanted, 0);
}

static void add_ranges(struct code_set *set, const uint32_t (*ranges)[2], size_t count)
{
    for (size_t i = 0; i < count; i++)
        code_set_add(set, ranges[i][0], ranges[i][1]);
}

#define ADD_RANGES(set, ranges) add_ranges(set, ranges, sizeof(ranges) / sizeof *(ranges))

void unicode_class_add(struct code_set *set, unsigned class)
{
    uint32_t empty = UINT32_MAX;  // the last table without such code points; many share it
    for (uint32_t first = 0; first <= CODE_POINT_MAX; first += UNICODE_BLOCK) {
        uint32_t table = unicode_class_index[first / UNICODE_BLOCK];
        if (table == empty)
            continue;
        empty = table;
        for (uint32_t code = first; code < first + UNICODE_BLOCK; code++)
            if (unicode_classes(code) & class) {
                code_set_add(set, code, code);
                empty = UINT32_MAX;
            }
    }
}

// CLASS_WORD is \w for other pre-tokenizers, whose engine counts the two joiners.
void unicode_word_add(struct code_set *set)
{
    enum { FIRST_JOINER = 0x200c, LAST_JOINER = 0x200d };
    struct code_set word = {0};
    unicode_class_add(&word, CLASS_WORD);
    code_set_remove(&word, FIRST_JOINER, LAST_JOINER);
    for (size_t i = 0; i < UNICODE_LATIN1_NUMBERS; i++)
        code_set_add(&word, unicode_latin1_numbers[i], unicode_latin1_numbers[i]);
    code_set_unite(set, &word);
    code_set_free(&word);
}

void unicode_punctuation_add(struct code_set *set)
{
    add_runs(set, unicode_punctuation_runs, 0, 1);
}

const uint32_t unicode_latin1_numbers[UNICODE_LATIN1_NUMBERS] = {
    0xb2, 0xb3, 0xb9, 0xbc, 0xbd, 0xbe,
};

enum { NAME_MAX_SIZE = 64 };

// Copies NAME in small letters, without hyphens, underscores and spaces. Returns false if it is too
// long for any property.
static bool plain_name(char plain[NAME_MAX_SIZE], const char *name, size_t size)
{
    size_t used = 0;
    for (size_t i = 0; i < size; i++) {
        if (strchr("-_ ", name[i]) != NULL)
            continue;
        if (used == NAME_MAX_SIZE - 1 || (unsigned char)name[i] >= 0x80)
            return false;
        plain[used++] = (char)(name[i] >= 'A' && name[i] <= 'Z' ? name[i] - 'A' + 'a' : name[i]);
    }
    plain[used] = '\0';
    return true;
}

static bool add_script(struct code_set *set, const char *wanted)
{
    char name[NAME_MAX_SIZE], code[NAME_MAX_SIZE];
    for (unsigned i = 0; unicode_scripts[i].code != NULL; i++) {
        plain_name(name, unicode_scripts[i].name, strlen(unicode_scripts[i].name));
        plain_name(code, unicode_scripts[i].code, strlen(unicode_scripts[i].code));
        if (strcmp(name, wanted) == 0 || strcmp(code, wanted) == 0) {
            add_runs(set, unicode_script_runs, 0, i);
            return true;
        }
    }
    return false;
}

bool unicode_property_add(struct code_set *set, const char *name, size_t size)
{
    static const uint32_t ascii[][2] = {{0, 0x7f}}, tab[][2] = {{0x09, 0x09}};
    static const uint32_t hexadecimal[][2] = {{'0', '9'}, {'A', 'F'}, {'a', 'f'}};
    char plain[NAME_MAX_SIZE];
    if (!plain_name(plain, name, size))
        return false;
    for (size_t i = 0; i < sizeof categories / sizeof *categories; i++)
        if (strcmp(plain, categories[i].name) == 0
            || (categories[i].long_name != NULL && strcmp(plain, categories[i].long_name) == 0)) {
            add_categories(set, categories[i].categories);
            return true;
        }
    if (strcmp(plain, "ascii") == 0) {
        ADD_RANGES(set, ascii);
    } else if (strcmp(plain, "xdigit") == 0) {
        ADD_RANGES(set, hexadecimal);
    } else if (strcmp(plain, "blank") == 0) {
        ADD_RANGES(set, tab);
        add_categories(set, ONE(ZS));
    } else if (strcmp(plain, "space") == 0 || strcmp(plain, "whitespace") == 0) {
        unicode_class_add(set, CLASS_SPACE);
    } else if (strcmp(plain, "word") == 0) {
        unicode_word_add(set);
    } else {
        return add_script(set, plain);
    }
    return true;
}
