// SPDX-License-Identifier: BSD-2-Clause
// From the tree to the program. Repeats of a single set are one instruction; others are written out
// as often as they must be, and then as a loop or as nested choices.

#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "common/memory.h"
#include "text/load/spelling.h"
#include "text/regex/program.h"
#include "text/regex/tree.h"
#include "text/unicode/classes.h"
#include "text/unicode/utf8.h"

enum { INSTRUCTIONS_MAX = 1 << 16 };

static void compile(struct regex *regex, const struct node *node);

static uint32_t put(struct regex *regex, struct instruction instruction)
{
    regex->instructions = xgrow(regex->instructions, regex->count, &regex->capacity,
                                sizeof *regex->instructions);
    regex->instructions[regex->count] = instruction;
    return (uint32_t)regex->count++;
}

static uint32_t here(const struct regex *regex)
{
    return (uint32_t)regex->count;
}

// Appends an instruction whose target, if it has one, is set later.
static uint32_t put_opcode(struct regex *regex, enum opcode opcode)
{
    return put(regex, (struct instruction){.opcode = opcode});
}

static void aim(struct regex *regex, uint32_t instruction, uint32_t target)
{
    regex->instructions[instruction].target = target;
}

static uint32_t put_set(struct regex *regex, const struct code_set *set)
{
    struct character_set copy = {0};
    code_set_unite(&copy.set, set);
    for (uint32_t code = 0; code < 128; code++)
        if (code_set_has(set, code))
            copy.ascii[code / 64] |= UINT64_C(1) << (code % 64);
    regex->sets = xgrow(regex->sets, regex->set_count, &regex->set_capacity, sizeof *regex->sets);
    regex->sets[regex->set_count] = copy;
    return (uint32_t)regex->set_count++;
}

static void add_byte(struct byte_set *set, unsigned byte)
{
    set->bits[byte / 64] |= UINT64_C(1) << (byte % 64);
}

// Returns the first bytes of the characters of SET.
static struct byte_set first_bytes(const struct regex *regex, const struct code_set *set)
{
    struct byte_set bytes = {{0}};
    for (unsigned byte = 0; byte < (regex->kind == REGEX_BYTES ? 256 : 128); byte++)
        if (code_set_has(set, regex->kind == REGEX_BYTES ? regex->codes[byte] : byte))
            add_byte(&bytes, byte);
    for (size_t i = 0; regex->kind == REGEX_UTF8 && i < set->count; i += 2) {
        uint8_t low[UTF8_MAX], high[UTF8_MAX];
        uint32_t end = i + 1 < set->count ? set->edges[i + 1] : CODE_POINT_MAX + 1;
        if (end <= 0x80)
            continue;
        utf8_encode(set->edges[i] < 0x80 ? 0x80 : set->edges[i], low);
        utf8_encode(end - 1, high);
        for (unsigned byte = low[0]; byte <= high[0]; byte++)
            add_byte(&bytes, byte);
    }
    return bytes;
}

// Returns the number of a new filter, the first bytes of NODE, or NO_FILTER if NODE may be empty.
static uint32_t put_filter(struct regex *regex, const struct node *node)
{
    struct code_set first = {0};
    if (node_may_be_empty(node))
        return NO_FILTER;
    node_first(node, &first);
    regex->filters =
        xgrow(regex->filters, regex->filter_count, &regex->filter_capacity, sizeof *regex->filters);
    regex->filters[regex->filter_count] = first_bytes(regex, &first);
    code_set_free(&first);
    return (uint32_t)regex->filter_count++;
}

// Appends a choice that continues with CHILD. Its target is set later.
static uint32_t put_choice(struct regex *regex, const struct node *child)
{
    const uint32_t filter = put_filter(regex, child);
    return put(regex, (struct instruction){.opcode = OP_CHOICE, .filter = filter});
}

static void compile_choice(struct regex *regex, const struct node *node)
{
    uint32_t *jumps = xcalloc(node->count, sizeof *jumps);
    for (size_t i = 0; i < node->count; i++) {
        bool is_last = i + 1 == node->count;
        uint32_t choice = is_last ? 0 : put_choice(regex, node->children[i]);
        compile(regex, node->children[i]);
        if (is_last)
            break;
        jumps[i] = put_opcode(regex, OP_JUMP);
        aim(regex, choice, here(regex));
    }
    for (size_t i = 0; i + 1 < node->count; i++)
        aim(regex, jumps[i], here(regex));
    free(jumps);
}

// Begins something optional, CHILD: greedy tries it first, lazy what comes after it. Returns the
// instruction whose target is what comes after it.
static uint32_t put_fork(struct regex *regex, const struct node *child, bool lazy)
{
    if (!lazy)
        return put_choice(regex, child);
    uint32_t choice = put_opcode(regex, OP_CHOICE), jump = put_opcode(regex, OP_JUMP);
    aim(regex, choice, here(regex));
    return jump;
}

// Compiles CHILD up to TIMES times.
static void compile_optional(struct regex *regex, const struct node *child, bool lazy, int times)
{
    if (times == 0 || regex->count > INSTRUCTIONS_MAX)
        return;
    uint32_t fork = put_fork(regex, child, lazy);
    compile(regex, child);
    compile_optional(regex, child, lazy, times - 1);
    aim(regex, fork, here(regex));
}

// Compiles CHILD any number of times.
static void compile_loop(struct regex *regex, const struct node *child, bool lazy)
{
    uint32_t begin = here(regex), fork = put_fork(regex, child, lazy);
    compile(regex, child);
    aim(regex, put_opcode(regex, OP_JUMP), begin);
    aim(regex, fork, here(regex));
}

static void compile_repeat(struct regex *regex, const struct node *node)
{
    const struct node *child = node->children[0];
    if (child->kind == NODE_SET && !node->lazy) {
        put(regex, (struct instruction){
                       .opcode = OP_RUN,
                       .set = put_set(regex, &child->set),
                       .min = (uint32_t)node->min,
                       .max = node->max == REPEAT_UNLIMITED ? UINT32_MAX : (uint32_t)node->max,
                   });
        return;
    }
    for (int i = 0; i < node->min && regex->count <= INSTRUCTIONS_MAX; i++)
        compile(regex, child);
    if (node->max == REPEAT_UNLIMITED)
        compile_loop(regex, child, node->lazy);
    else
        compile_optional(regex, child, node->lazy, node->max - node->min);
}

static void compile_part(struct regex *regex, enum opcode opcode, const struct node *child)
{
    uint32_t begin = put_opcode(regex, opcode);
    compile(regex, child);
    put_opcode(regex, OP_DONE);
    aim(regex, begin, here(regex));
}

static void compile(struct regex *regex, const struct node *node)
{
    if (regex->count > INSTRUCTIONS_MAX)
        return;
    switch (node->kind) {
    case NODE_SET:
        put(regex, (struct instruction){.opcode = OP_ONE, .set = put_set(regex, &node->set)});
        break;
    case NODE_SEQUENCE:
        for (size_t i = 0; i < node->count; i++)
            compile(regex, node->children[i]);
        break;
    case NODE_CHOICE:
        compile_choice(regex, node);
        break;
    case NODE_REPEAT:
        compile_repeat(regex, node);
        break;
    case NODE_ATOMIC:
        compile_part(regex, OP_ATOMIC, node->children[0]);
        break;
    case NODE_LOOK_AHEAD:
        compile_part(regex, node->negated ? OP_LOOK_AHEAD_NOT : OP_LOOK_AHEAD, node->children[0]);
        break;
    case NODE_LINE_END:
        put_opcode(regex, OP_LINE_END);
        break;
    case NODE_TEXT_END:
        put_opcode(regex, OP_TEXT_END);
        break;
    case NODE_LAST_LINE_END:
        put_opcode(regex, OP_LAST_LINE_END);
        break;
    }
}

static struct regex *regex_of_tree(struct node *node, enum regex_text_kind kind)
{
    struct regex *regex = xcalloc(1, sizeof *regex);
    regex->kind = kind;
    for (int byte = 0; byte < 256; byte++)
        regex->codes[byte] = spelling_of_byte((uint8_t)byte);
    put_filter(regex, node);  // number NO_FILTER
    compile(regex, node);
    put_opcode(regex, OP_DONE);
    node_free(node);
    return regex;
}

struct regex *regex_new(const char *pattern, enum regex_text_kind kind, struct regex_error *error)
{
    struct node *node = regex_parse(pattern, error);
    if (node == NULL)
        return NULL;
    struct regex *regex = regex_of_tree(node, kind);
    if (regex->count <= INSTRUCTIONS_MAX)
        return regex;
    *error = (struct regex_error){0, "the expression is too large"};
    regex_free(regex);
    return NULL;
}

static struct node *node_of_set(const struct code_set *set)
{
    struct node *node = node_new(NODE_SET);
    code_set_unite(&node->set, set);
    return node;
}

struct regex *regex_of_literal(const char *literal, enum regex_text_kind kind)
{
    struct node *sequence = node_new(NODE_SEQUENCE);
    const uint8_t *text = (const uint8_t *)literal;
    size_t size = strlen(literal);
    for (size_t at = 0; at < size;) {
        uint32_t code;
        struct node *node = node_new(NODE_SET);
        at += utf8_decode(text + at, size - at, &code);
        code_set_add(&node->set, code, code);
        node_add(sequence, node);
    }
    return regex_of_tree(sequence, kind);
}

struct regex *regex_of_set(const struct code_set *set, bool repeats, enum regex_text_kind kind)
{
    struct node *node = node_of_set(set);
    if (repeats) {
        struct node *loop = node_new(NODE_REPEAT);
        loop->min = 1;
        loop->max = REPEAT_UNLIMITED;
        node_add(loop, node);
        node = loop;
    }
    return regex_of_tree(node, kind);
}

void regex_free(struct regex *regex)
{
    if (regex == NULL)
        return;
    for (size_t i = 0; i < regex->set_count; i++)
        code_set_free(&regex->sets[i].set);
    free(regex->sets);
    free(regex->filters);
    free(regex->instructions);
    free(regex);
}
