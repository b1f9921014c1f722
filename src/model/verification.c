// SPDX-License-Identifier: BSD-2-Clause

#include "config.h"

#include "model/verification.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "common/diagnostics.h"
#include "common/digest.h"
#include "common/json.h"
#include "common/memory.h"
#include "common/processors.h"

enum { THREADS_MAX = 64 };

// A range of a member and its expected digest.
struct piece {
    const struct archive_member *member;
    const uint8_t *data;
    size_t size;
    const char *wanted;  // owned by the metadata
    char found[DIGEST_TEXT_SIZE];
};

struct verification {
    const struct package *package;
    struct json_source source;
    struct piece *pieces;
    size_t count;
    atomic_size_t next;  // first piece that no thread has taken
};

static void add_piece(struct verification *self, struct piece piece)
{
    self->pieces = xreallocarray(self->pieces, self->count + 1, sizeof *self->pieces);
    self->pieces[self->count++] = piece;
}

// Adds the member's pieces, or all of it if the metadata has one digest for it.
static void add_member(struct verification *self, const struct archive_member *member,
                       json_t *entry)
{
    const struct json_source *source = &self->source;
    struct piece rest = {.member = member, .data = member->data, .size = member->size};
    json_get_integer(source, entry, "size", (int64_t)member->size, (int64_t)member->size);
    rest.wanted = json_get_text(source, entry, "sha256");
    json_t *pieces = json_find(source, entry, "pieces", JSON_ARRAY);
    if (pieces == NULL) {
        add_piece(self, rest);
        return;
    }
    size_t size = (size_t)json_get_integer(source, entry, "piece_size", 4096, INT32_MAX);
    size_t count = json_array_size(pieces);
    if (count != (member->size + size - 1) / size)
        die(STATUS_PACKAGE, "%s: metadata has %zu pieces of %s, expected %zu", source->name,
            count, member->name, (member->size + size - 1) / size);
    for (size_t i = 0; i < count; i++) {
        const char *wanted = json_string_value(json_array_get(pieces, i));
        size_t here = rest.size < size ? rest.size : size;
        add_piece(self, (struct piece){.member = member, .data = rest.data, .size = here,
                                       .wanted = wanted != NULL ? wanted : "null"});
        rest.data += here;
        rest.size -= here;
    }
}

static void *hash_pieces(void *context)
{
    struct verification *self = context;
    for (size_t i; (i = atomic_fetch_add(&self->next, 1)) < self->count;)
        digest_sha256(self->pieces[i].data, self->pieces[i].size, self->pieces[i].found);
    return NULL;
}

// Returns how many more threads are worthwhile.
static size_t count_helpers(size_t pieces)
{
    size_t count = processors_usable();
    count = count < pieces ? count : pieces;
    count = count < THREADS_MAX ? count : THREADS_MAX;
    return count > 0 ? count - 1 : 0;
}

static void hash_in_parallel(struct verification *self)
{
    pthread_t threads[THREADS_MAX];
    size_t started = 0, helpers = count_helpers(self->count);
    while (started < helpers
           && pthread_create(&threads[started], NULL, hash_pieces, self) == 0)
        started++;
    hash_pieces(self);
    while (started > 0)
        pthread_join(threads[--started], NULL);
}

void verification_run(const struct package *package)
{
    struct verification self = {
        .package = package,
        .source = {.name = package->map.name, .status = STATUS_PACKAGE},
    };
    json_t *digests = package->metadata == NULL
                               ? NULL
                               : json_find(&self.source, package->metadata, "members",
                                           JSON_OBJECT);
    for (size_t i = 0; i < package->archive.count; i++) {
        const struct archive_member *member = &package->archive.members[i];
        json_t *entry = digests != NULL ? json_find(&self.source, digests, member->name,
                                                         JSON_OBJECT)
                                             : NULL;
        if (entry != NULL)
            add_member(&self, member, entry);
        else
            archive_check_crc32(&package->archive, member);
    }
    hash_in_parallel(&self);
    for (size_t i = 0; i < self.count; i++)
        if (strcmp(self.pieces[i].found, self.pieces[i].wanted) != 0)
            die(STATUS_PACKAGE,
                "%s: damaged: %s has SHA-256 %.12s... at byte %zu, expected %.12s...",
                self.source.name, self.pieces[i].member->name, self.pieces[i].found,
                (size_t)(self.pieces[i].data - self.pieces[i].member->data),
                self.pieces[i].wanted);
    free(self.pieces);
}
