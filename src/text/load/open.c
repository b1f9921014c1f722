// SPDX-License-Identifier: BSD-2-Clause
// Opens a tokenizer: finds its file, detects the kind of file and calls the loader.

#include "config.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/archive.h"
#include "common/diagnostics.h"
#include "common/io.h"
#include "common/memory.h"
#include "text/load/compiled.h"
#include "text/load/compiled_form.h"
#include "text/load/load.h"
#include "text/load/model_proto.h"

static bool is_directory(const char *name)
{
    struct stat info;
    return stat(name, &info) == 0 && S_ISDIR(info.st_mode);
}

// The first line of a rank file is base64, a space, digits.
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

static void load_source(struct tokenizer *tokenizer, const struct file_map *map,
                        const char *pattern)
{
    if (looks_like_ranks(map->data, map->size)) {
        load_ranks(tokenizer, map->data, map->size);
        use_pattern(tokenizer, pattern);
        return;
    }
    if (model_proto_recognize(map->data, map->size))
        load_sentencepiece(tokenizer, map->data, map->size);
    else
        load_json(tokenizer, map->data, map->size);
    if (pattern != NULL)
        die(STATUS_INPUT, "%s: not a rank file: --pattern does not apply", tokenizer->name);
}

// Opens the source of the compiled tokenizer in MAP, which has a PROBLEM.
static struct file_map open_instead(struct tokenizer *tokenizer, struct file_map *map,
                                    const char *problem)
{
    char *source_name = compiled_source(map->data, map->size);
    if (source_name == NULL)
        die(STATUS_INPUT, "%s: %s", tokenizer->name, problem);
    const char *folder_end = strrchr(tokenizer->name, '/');
    int folder_size = folder_end != NULL ? (int)(folder_end + 1 - tokenizer->name) : 0;
    char *source = xasprintf("%.*s%s", folder_size, tokenizer->name, source_name);
    free(source_name);
    if (access(source, R_OK) != 0 || strcmp(source, tokenizer->name) == 0)
        die(STATUS_INPUT, "%s: %s", tokenizer->name, problem);
    warn("warning: %s: %s: reading %s instead", tokenizer->name, problem, source);
    file_map_close(map);
    free(tokenizer->name);
    tokenizer->name = source;
    return file_map_open(source);
}

static bool looks_like_package(const struct file_map *map)
{
    return map->size > 4 && memcmp(map->data, "PK\3\4", 4) == 0;
}

// Returns true if the package has a compiled tokenizer and it was loaded.
static bool load_compiled_member(struct tokenizer *tokenizer, const struct archive *archive)
{
    const struct archive_member *member = archive_find(archive, PACKAGE_COMPILED_MEMBER);
    if (member == NULL)
        return false;
    const char *problem = "not aligned";
    if ((uintptr_t)member->data % COMPILED_ALIGNMENT == 0)
        problem = compiled_load(tokenizer, member->data, member->size);
    if (problem != NULL)
        warn("warning: %s: its compiled tokenizer: %s: reading its source instead",
             tokenizer->name, problem);
    return problem == NULL;
}

// Loads the tokenizer that aoti-build put into a package. Takes ownership of MAP.
static void load_package(struct tokenizer *tokenizer, const struct file_map *map)
{
    struct archive archive = archive_open(map);
    tokenizer->map = *map;
    if (load_compiled_member(tokenizer, &archive)) {
        tokenizer->compiled = true;
    } else {
        const struct archive_member *member = archive_find(&archive, PACKAGE_SOURCE_MEMBER);
        if (member == NULL)
            die(STATUS_INPUT, "%s: package has no tokenizer", tokenizer->name);
        archive_check_crc32(&archive, member);
        load_json(tokenizer, member->data, member->size);
    }
    archive_close(&archive);
}

static void load(struct tokenizer *tokenizer, const char *pattern)
{
    struct file_map map = file_map_open(tokenizer->name);
    if (map.size == 0)
        die(STATUS_INPUT, "%s: empty file", tokenizer->name);
    if (looks_like_package(&map)) {
        load_package(tokenizer, &map);
        return;
    }
    if (compiled_recognize(map.data, map.size)) {
        const char *problem = compiled_load(tokenizer, map.data, map.size);
        if (problem == NULL) {
            tokenizer->map = map;
            tokenizer->compiled = true;
            use_pattern(tokenizer, pattern);
            return;
        }
        map = open_instead(tokenizer, &map, problem);
    }
    load_source(tokenizer, &map, pattern);
    if (tokenizer->rules.split.kind == SPLIT_BY_LIBRARY)
        tokenizer->map = map;
    else
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

// Returns true if the compiled tokenizer COMPILED was made from the current content of SOURCE.
static bool is_current(const char *compiled, const char *source)
{
    if (access(compiled, F_OK) != 0)
        return false;
    if (access(source, F_OK) != 0)
        return true;
    struct file_map map = file_map_open(compiled), made_from = file_map_open(source);
    bool current = compiled_recognize(map.data, map.size)
                   && compiled_is_made_from(map.data, map.size, &made_from);
    if (!current)
        warn("warning: %s: not made from %s as it is now: not used", compiled, source);
    file_map_close(&made_from);
    file_map_close(&map);
    return current;
}

// Returns the first file of NAMES, ended by NULL, that exists in FOLDER, or NAMES[0] if none does.
static char *find_file(const char *folder, const char *const *names)
{
    for (const char *const *name = names; *name != NULL; name++) {
        char *file = xasprintf("%s/%s", folder, *name);
        if (access(file, F_OK) == 0)
            return file;
        free(file);
    }
    return xasprintf("%s/%s", folder, names[0]);
}

// Returns the path of the tokenizer in FOLDER.
static char *find_inside(const char *folder)
{
    static const char *const sources[] = {"tokenizer.json", "tokenizer.model", NULL};
    char *source = find_file(folder, sources);
    char *compiled = xasprintf("%s/tokenizer.aoti", folder);
    bool current = is_current(compiled, source);
    free(current ? source : compiled);
    return current ? compiled : source;
}

static void find_known(struct tokenizer *tokenizer)
{
    for (size_t i = 0; i < sizeof tokenizer->known_ascii; i++) {
        uint8_t character = (uint8_t)i;
        tokenizer->known_ascii[i] =
            vocabulary_find(&tokenizer->vocabulary, &character, 1) != ID_NONE;
    }
}

struct tokenizer *tokenizer_open(const char *name, const char *pattern)
{
    struct tokenizer *tokenizer =
        new_tokenizer(is_directory(name) ? find_inside(name) : xstrdup(name));
    load(tokenizer, pattern);
    find_known(tokenizer);
    return tokenizer;
}
