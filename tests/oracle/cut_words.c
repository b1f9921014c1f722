// SPDX-License-Identifier: BSD-2-Clause
// cut-words FILE CHUNK: cuts texts by the pre-tokenizer in the JSON FILE. Each line of standard input
// is a text in hexadecimal. Its words are written in hexadecimal, each followed by a space. CHUNK
// bytes of a text become known at a time, and the rest of a character.

#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/diagnostics.h"
#include "common/io.h"
#include "common/json.h"
#include "common/memory.h"
#include "text/load/load.h"
#include "text/split/split.h"

static size_t read_hexadecimal(const char *line, uint8_t *text)
{
    size_t size = 0;
    for (; line[2 * size] != '\n' && line[2 * size] != '\0'; size++) {
        const char digits[] = {line[2 * size], line[2 * size + 1], '\0'};
        text[size] = (uint8_t)strtoul(digits, NULL, 16);
    }
    return size;
}

static size_t next_word(const struct tokenizer *tokenizer, struct splitter *splitter,
                        const uint8_t *text, size_t size, bool ends, bool *is_removed)
{
    *is_removed = false;
    if (splitter != NULL)
        return splitter_next(splitter, text, size, ends, is_removed);
    return split_next(&tokenizer->rules.split, text, size, ends);
}

static void cut(const struct tokenizer *tokenizer, struct splitter *splitter, const uint8_t *text,
                size_t size, size_t chunk)
{
    size_t done = 0, known = 0;
    while (done < size) {
        bool is_removed;
        size_t word = known > done ? next_word(tokenizer, splitter, text + done, known - done,
                                               known == size, &is_removed)
                                   : 0;
        if (word == 0) {
            if (known == size)
                die(STATUS_FAILURE, "no word at the end of the text");
            known = known + chunk < size ? known + chunk : size;
            while (known < size && (text[known] & 0xc0) == 0x80)
                known++;
            continue;
        }
        for (size_t i = 0; !is_removed && i < word; i++)
            printf("%02x", text[done + i]);
        if (!is_removed)
            putchar(' ');
        done += word;
    }
    putchar('\n');
}

int main(int count, char **words)
{
    if (count != 3)
        die_usage("usage: cut-words FILE CHUNK");
    struct file_map map = file_map_open(words[1]);
    struct tokenizer *tokenizer = xcalloc(1, sizeof *tokenizer);
    const struct json_source source = {.name = words[1], .status = STATUS_INPUT};
    json_t *component = json_parse(&source, map.data, map.size);
    load_json_pre_tokenizer(tokenizer, &source, component);
    json_decref(component);
    struct splitter *splitter = tokenizer->rules.split.kind == SPLIT_BY_STEPS
                                    ? splitter_new(&tokenizer->steps) : NULL;
    char *line = NULL;
    size_t capacity = 0;
    while (getline(&line, &capacity, stdin) > 0) {
        uint8_t *text = xcalloc(1, capacity + 64);
        size_t size = read_hexadecimal(line, text);
        cut(tokenizer, splitter, text, size, (size_t)atol(words[2]));
        free(text);
    }
    free(line);
    splitter_free(splitter);
    file_map_close(&map);
    tokenizer_close(tokenizer);
    return 0;
}
