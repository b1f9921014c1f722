// SPDX-License-Identifier: BSD-2-Clause

#include "config.h"

#include "timing/requests.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/diagnostics.h"
#include "common/io.h"
#include "common/stream.h"

static void end_line(struct requests *requests, size_t offset, uint64_t ids)
{
    buffer_append(&requests->text, "\n", 1);
    requests->lines =
        xreallocarray(requests->lines, requests->line_count + 1, sizeof *requests->lines);
    requests->lines[requests->line_count++] = (struct request){
        .offset = offset,
        .size = requests->text.size - offset,
        .ids = ids,
    };
}

static void append_id(struct buffer *text, uint64_t index, int32_t id)
{
    char digits[16];
    int length = snprintf(digits, sizeof digits, index > 0 ? " %d" : "%d", id);
    buffer_append(text, digits, (size_t)length);
}

static void read_lines(struct requests *requests, struct token_reader *reader)
{
    int32_t id;
    uint64_t ids = 0;
    size_t offset = 0;
    for (enum token_event event; (event = token_reader_next(reader, &id)) != TOKEN_STREAM_END;) {
        if (event == TOKEN_TRUNCATED)
            token_reader_die_truncated(reader);
        if (event == TOKEN_ID) {
            append_id(&requests->text, ids++, id);
            continue;
        }
        end_line(requests, offset, ids);
        offset = requests->text.size;
        ids = 0;
    }
}

static void digest_requests(struct requests *requests)
{
    struct digest digest = digest_begin();
    for (size_t i = 0; i < requests->count; i++) {
        size_t size;
        const char *line = requests_line(requests, i, &size);
        digest_add(&digest, line, size);
    }
    digest_finish(&digest, requests->sha256);
}

struct requests requests_read(const char *file, size_t count)
{
    struct requests requests = {0};
    struct token_reader *reader = xmalloc(sizeof *reader);
    token_reader_init(reader, open_input(file), input_name(file));
    read_lines(&requests, reader);
    if (requests.line_count == 0)
        die(STATUS_INPUT, "%s: no requests", reader->name);
    if (reader->descriptor != STDIN_FILENO)
        close(reader->descriptor);
    free(reader);
    requests.count = count > 0 ? count : requests.line_count;
    digest_requests(&requests);
    return requests;
}

const char *requests_line(const struct requests *requests, size_t index, size_t *size)
{
    const struct request *line = &requests->lines[index % requests->line_count];
    *size = line->size;
    return requests->text.data + line->offset;
}

uint64_t requests_ids(const struct requests *requests, size_t index)
{
    return requests->lines[index % requests->line_count].ids;
}

void requests_free(struct requests *requests)
{
    buffer_free(&requests->text);
    free(requests->lines);
    *requests = (struct requests){0};
}
