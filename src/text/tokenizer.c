// SPDX-License-Identifier: BSD-2-Clause

#include "config.h"

#include "text/tokenizer.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/diagnostics.h"
#include "common/io.h"
#include "common/memory.h"
#include "text/load.h"
#include "text/utf8.h"

static bool is_directory(const char *name)
{
    struct stat info;
    return stat(name, &info) == 0 && S_ISDIR(info.st_mode);
}

// The first line of a rank file: base64, a space, digits.
static bool looks_like_ranks(const uint8_t *data, size_t size)
{
    size_t at = 0, digits = 0;
    while (at < size && (isalnum(data[at]) || memchr("+/=", data[at], 3) != NULL))
        at++;
    if (at == 0 || at == size || data[at++] != ' ')
        return false;
    for (; at < size && data[at] >= '0' && data[at] <= '9'; at++)
        digits++;
    return digits > 0 && (at == size || data[at] == '\n' || data[at] == '\r');
}

static void use_pattern(struct tokenizer *tokenizer, const char *pattern)
{
    if (pattern == NULL)
        return;
    if (!split_rules_of_name(pattern, &tokenizer->rules.split))
        die_usage("--pattern: unknown pattern '%s'", pattern);
}

static void load(struct tokenizer *tokenizer, const char *pattern)
{
    struct file_map map = file_map_open(tokenizer->name);
    if (map.size == 0)
        die(STATUS_INPUT, "%s: an empty file is no tokenizer", tokenizer->name);
    if (looks_like_ranks(map.data, map.size)) {
        load_ranks(tokenizer, map.data, map.size);
        use_pattern(tokenizer, pattern);
    } else {
        load_json(tokenizer, map.data, map.size);
        if (pattern != NULL)
            die(STATUS_INPUT, "%s: no rank file, so --pattern does not apply", tokenizer->name);
    }
    file_map_close(&map);
}

static struct tokenizer *new_tokenizer(char *name)
{
    struct tokenizer *tokenizer = xcalloc(1, sizeof *tokenizer);
    struct tokenizer_rules *rules = &tokenizer->rules;
    tokenizer->name = name;
    rules->unknown = rules->bos = rules->eos = ID_NONE;
    memset(rules->byte_ids, 0xff, sizeof rules->byte_ids);
    boundaries_init(&tokenizer->boundaries);
    return tokenizer;
}

// The file in the directory NAME that is the tokenizer.
static char *find_inside(const char *name)
{
    static const char *const names[] = {"tokenizer.json", "tokenizer.model"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char *inside = xasprintf("%s/%s", name, names[i]);
        if (access(inside, F_OK) == 0)
            return inside;
        free(inside);
    }
    return xasprintf("%s/%s", name, names[0]);
}

struct tokenizer *tokenizer_open(const char *name, const char *pattern)
{
    struct tokenizer *tokenizer =
        new_tokenizer(is_directory(name) ? find_inside(name) : xstrdup(name));
    load(tokenizer, pattern);
    return tokenizer;
}

void tokenizer_check_encodes(const struct tokenizer *tokenizer)
{
    if (tokenizer->rules.split.kind == SPLIT_NOT_TOLD)
        die(STATUS_INPUT, "%s: a rank file of an unknown vocabulary: name its --pattern",
            tokenizer->name);
}

void tokenizer_close(struct tokenizer *tokenizer)
{
    if (tokenizer == NULL)
        return;
    vocabulary_free(&tokenizer->vocabulary);
    added_set_free(&tokenizer->raw_added);
    added_set_free(&tokenizer->normalized_added);
    boundaries_free(&tokenizer->boundaries);
    free(tokenizer->name);
    free(tokenizer);
}

// Unknown characters stay with their neighbours: what becomes of them depends on these.
static bool is_known(const struct tokenizer *tokenizer, const uint8_t *text, size_t size)
{
    return tokenizer->rules.all_known
           || vocabulary_find(&tokenizer->vocabulary, text, size) != ID_NONE;
}

size_t tokenizer_next_word(const struct tokenizer *tokenizer, const uint8_t *text, size_t size,
                           bool last)
{
    if (!tokenizer->rules.cuts_words)
        return last ? size : 0;
    uint32_t left, right;
    size_t at = utf8_decode(text, size, &left), length;
    bool left_known = is_known(tokenizer, text, at);
    for (; at < size; at += length, left = right) {
        length = utf8_decode(text + at, size - at, &right);
        bool right_known = is_known(tokenizer, text + at, length);
        if (left_known && right_known && !boundaries_joined(&tokenizer->boundaries, left, right))
            return at;
        left_known = right_known;
    }
    return last ? size : 0;
}

static int32_t find_added(const struct added_set *set, const char *text, size_t size)
{
    for (size_t i = 0; i < set->count; i++)
        if (set->tokens[i].size == size && memcmp(set->tokens[i].content, text, size) == 0)
            return set->tokens[i].id;
    return ID_NONE;
}

int32_t tokenizer_find(const struct tokenizer *tokenizer, const char *text, size_t size)
{
    int32_t id = find_added(&tokenizer->raw_added, text, size);
    if (id == ID_NONE)
        id = find_added(&tokenizer->normalized_added, text, size);
    if (id == ID_NONE)
        id = vocabulary_find(&tokenizer->vocabulary, (const uint8_t *)text, size);
    return id;
}
