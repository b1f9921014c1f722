// SPDX-License-Identifier: BSD-2-Clause
//
// How it works. A ZIP file is read from its end:
//
//     local header, data     demo/data/graph.so          <- entry 1 gives the offset
//     local header, data     demo/data/weights           <- entry 2
//     central directory      entry 1, entry 2            <- end record gives offset and size
//     end record             last 22 bytes of the file
//
// Every size and offset comes from the file, so each is compared with what is left before it is
// used, in a form that cannot overflow: `size > room - offset` after `offset > room`. Members must
// end before the central directory and must not overlap: sorted by address, each one ends before
// the next one begins. Cost: O(n log n) for n members, two sorts.
//
// What PyTorch does not write is refused, so that no two readers can see different packages in one
// file: a comment after the end record, or a local header that names another member, for example.
//
// Source: PKWARE's APPNOTE.TXT, sections 4.3.7 (local header), 4.3.12 (central directory), 4.3.14
// and 4.3.15 (ZIP64), 4.3.16 (end of central directory).

#include "config.h"

#include "common/archive.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "common/diagnostics.h"
#include "common/little_endian.h"
#include "common/memory.h"

enum {
    END_SIGNATURE = 0x06054b50,
    END_SIZE = 22,
    END64_SIGNATURE = 0x06064b50,
    END64_SIZE = 56,
    LOCATOR64_SIGNATURE = 0x07064b50,
    LOCATOR64_SIZE = 20,
    ENTRY_SIGNATURE = 0x02014b50,
    ENTRY_SIZE = 46,
    LOCAL_SIGNATURE = 0x04034b50,
    LOCAL_SIZE = 30,
    EXTRA_ZIP64 = 1,
    FLAGS_ALLOWED = 0x0808,  // sizes repeated after the data; names in UTF-8
    NAME_MAX_BYTES = 1024,
    MEMBERS_MAX = 65536,
};

// The central directory.
struct directory {
    const uint8_t *data;  // [size]
    uint64_t size;
    uint64_t count;   // entries
    uint64_t offset;  // from the start of the file; members must end before it
};

// An entry of the central directory.
struct entry {
    const uint8_t *header;
    const char *name;
    size_t name_length;
    uint64_t size, stored_size, local_offset;
};

static _Noreturn void refuse(const struct file_map *map, const char *why)
{
    die(STATUS_PACKAGE, "%s: not a usable .pt2 package: %s", map->name, why);
}

static void read_end64(const struct file_map *map, const uint8_t *locator,
                       struct directory *directory)
{
    uint64_t offset = load_le64(locator + 8);
    uint64_t room = (uint64_t)(locator - map->data);
    if (offset > room || room - offset < END64_SIZE
        || load_le32(map->data + offset) != END64_SIGNATURE)
        refuse(map, "no ZIP64 end of central directory record");
    const uint8_t *end = map->data + offset;
    if (load_le32(end + 16) != 0 || load_le32(end + 20) != 0
        || load_le64(end + 24) != load_le64(end + 32))
        refuse(map, "split archive");
    directory->count = load_le64(end + 32);
    directory->size = load_le64(end + 40);
    directory->offset = load_le64(end + 48);
}

// Finds the central directory from the last bytes of the file: PyTorch writes no archive comment,
// so the end record is last.
static struct directory find_directory(const struct file_map *map)
{
    if (map->size == 0)
        refuse(map, "empty file");
    if (map->size < END_SIZE || load_le32(map->data + map->size - END_SIZE) != END_SIGNATURE)
        refuse(map, map->size >= 4 && load_le32(map->data) == LOCAL_SIGNATURE
                        ? "truncated: no central directory"
                        : "not a ZIP archive");
    const uint8_t *end = map->data + map->size - END_SIZE;
    if (load_le16(end + 4) != 0 || load_le16(end + 6) != 0
        || load_le16(end + 8) != load_le16(end + 10))
        refuse(map, "split archive");
    struct directory directory = {
        .count = load_le16(end + 10),
        .size = load_le32(end + 12),
        .offset = load_le32(end + 16),
    };
    if (map->size >= END_SIZE + LOCATOR64_SIZE
        && load_le32(end - LOCATOR64_SIZE) == LOCATOR64_SIGNATURE)
        read_end64(map, end - LOCATOR64_SIZE, &directory);
    if (directory.offset > map->size || directory.size > map->size - directory.offset)
        refuse(map, "truncated: central directory out of range");
    if (directory.count > MEMBERS_MAX)
        refuse(map, "too many members");
    directory.data = map->data + directory.offset;
    return directory;
}

// Replaces sizes and offsets of 0xffffffff by the 64-bit values of the ZIP64 extra field.
static void apply_zip64(const struct file_map *map, const uint8_t *extra, size_t length,
                        struct entry *entry)
{
    uint64_t *const fields[] = {&entry->size, &entry->stored_size, &entry->local_offset};
    while (length >= 4 && load_le16(extra) != EXTRA_ZIP64) {
        size_t step = 4 + (size_t)load_le16(extra + 2);
        if (step > length)
            refuse(map, "corrupt extra field");
        extra += step;
        length -= step;
    }
    size_t left = length >= 4 ? load_le16(extra + 2) : 0;
    if (length >= 4 && left + 4 > length)
        refuse(map, "corrupt extra field");
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        if (*fields[i] != UINT32_MAX)
            continue;
        if (left < 8)
            refuse(map, "missing ZIP64 sizes");
        extra += 8;
        left -= 8;
        *fields[i] = load_le64(extra - 4);
    }
}

// Reads the entry at *POSITION of the directory and advances *POSITION to the next one.
static struct entry read_entry(const struct file_map *map, const struct directory *directory,
                               uint64_t *position)
{
    const uint8_t *p = directory->data + *position;
    uint64_t left = directory->size - *position;
    if (left < ENTRY_SIZE || load_le32(p) != ENTRY_SIGNATURE)
        refuse(map, "corrupt central directory");
    size_t name_length = load_le16(p + 28), extra_length = load_le16(p + 30);
    uint64_t total = ENTRY_SIZE + name_length + extra_length + load_le16(p + 32);
    if (total > left)
        refuse(map, "corrupt central directory");
    if ((load_le16(p + 8) & ~FLAGS_ALLOWED) != 0)
        refuse(map, "encrypted member or unsupported flags");
    if (load_le16(p + 10) != 0)
        refuse(map, "compressed member");
    struct entry entry = {
        .header = p,
        .name = (const char *)p + ENTRY_SIZE,
        .name_length = name_length,
        .stored_size = load_le32(p + 20),
        .size = load_le32(p + 24),
        .local_offset = load_le32(p + 42),
    };
    apply_zip64(map, p + ENTRY_SIZE + name_length, extra_length, &entry);
    if (entry.size != entry.stored_size)
        refuse(map, "compressed member");
    *position += total;
    return entry;
}

static bool is_safe_component(const char *component, size_t length)
{
    return length > 0 && !(length == 1 && component[0] == '.')
           && !(length == 2 && component[0] == '.' && component[1] == '.');
}

// Returns true if NAME is a relative path in printable ASCII, without ".", ".." and backslashes.
static bool is_safe_name(const char *name, size_t length)
{
    size_t start = 0;
    if (length == 0 || length > NAME_MAX_BYTES)
        return false;
    for (size_t i = 0; i <= length; i++) {
        if (i < length && name[i] != '/') {
            if (name[i] <= 0x20 || name[i] == 0x7f || name[i] == '\\')
                return false;
            continue;
        }
        if (!is_safe_component(name + start, i - start))
            return false;
        start = i + 1;
    }
    return true;
}

// Returns the data of the member. Its local header must match the directory.
static const uint8_t *find_data(const struct file_map *map, const struct directory *directory,
                                const struct entry *entry)
{
    uint64_t room = directory->offset;
    if (entry->local_offset > room || room - entry->local_offset < LOCAL_SIZE)
        refuse(map, "member out of range");
    const uint8_t *local = map->data + entry->local_offset;
    uint64_t head = LOCAL_SIZE + (uint64_t)load_le16(local + 26) + load_le16(local + 28);
    room -= entry->local_offset;
    if (load_le32(local) != LOCAL_SIGNATURE || head > room || entry->size > room - head)
        refuse(map, "member out of range");
    if (load_le16(local + 26) != entry->name_length || load_le16(local + 8) != 0
        || memcmp(local + LOCAL_SIZE, entry->name, entry->name_length) != 0)
        refuse(map, "local header does not match the central directory");
    return local + head;
}

// Returns NAME of a path "top/name". TOP must be the same for all members. Free with free().
static char *name_below_top(struct archive *archive, const struct entry *entry)
{
    if (!is_safe_name(entry->name, entry->name_length))
        refuse(archive->map, "unsafe member name");
    const char *slash = memchr(entry->name, '/', entry->name_length);
    if (slash == NULL)
        refuse(archive->map, "member without a top-level folder");
    size_t top_length = (size_t)(slash - entry->name);
    if (archive->top == NULL) {
        archive->top = xcalloc(top_length + 1, 1);
        memcpy(archive->top, entry->name, top_length);
    }
    if (strlen(archive->top) != top_length || memcmp(archive->top, entry->name, top_length) != 0)
        refuse(archive->map, "more than one top-level folder");
    size_t length = entry->name_length - top_length - 1;
    char *name = xcalloc(length + 1, 1);
    return memcpy(name, slash + 1, length);
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(((const struct archive_member *)a)->name,
                  ((const struct archive_member *)b)->name);
}

static int compare_places(const void *a, const void *b)
{
    const uint8_t *left = ((const struct archive_member *)a)->data;
    const uint8_t *right = ((const struct archive_member *)b)->data;
    return (left > right) - (left < right);
}

static void check_members(struct archive *archive)
{
    struct archive_member *m = archive->members;
    qsort(m, archive->count, sizeof *m, compare_places);
    for (size_t i = 1; i < archive->count; i++)
        if (m[i - 1].data + m[i - 1].size > m[i].data)
            refuse(archive->map, "overlapping members");
    qsort(m, archive->count, sizeof *m, compare_names);
    for (size_t i = 1; i < archive->count; i++)
        if (strcmp(m[i - 1].name, m[i].name) == 0)
            refuse(archive->map, "duplicate member name");
}

struct archive archive_open(const struct file_map *map)
{
    struct directory directory = find_directory(map);
    struct archive archive = {.map = map};
    archive.members = xcalloc((size_t)directory.count, sizeof *archive.members);
    uint64_t position = 0;
    for (; archive.count < directory.count; archive.count++) {
        struct entry entry = read_entry(map, &directory, &position);
        archive.members[archive.count] = (struct archive_member){
            .name = name_below_top(&archive, &entry),
            .data = find_data(map, &directory, &entry),
            .size = (size_t)entry.size,
            .crc32 = load_le32(entry.header + 16),
        };
    }
    if (position != directory.size)
        refuse(map, "corrupt central directory");
    if (archive.count == 0)
        refuse(map, "no members");
    check_members(&archive);
    return archive;
}

void archive_close(struct archive *archive)
{
    for (size_t i = 0; i < archive->count; i++)
        free(archive->members[i].name);
    free(archive->members);
    free(archive->top);
    *archive = (struct archive){0};
}

const struct archive_member *archive_find(const struct archive *archive, const char *name)
{
    struct archive_member key = {.name = (char *)(uintptr_t)name};
    return bsearch(&key, archive->members, archive->count, sizeof key, compare_names);
}

void archive_check_crc32(const struct archive *archive, const struct archive_member *member)
{
    if (crc32_z(0, member->data, member->size) != member->crc32)
        die(STATUS_PACKAGE, "%s: damaged: checksum mismatch in %s", archive->map->name,
            member->name);
}
