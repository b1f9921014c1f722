// SPDX-License-Identifier: BSD-2-Clause
// A strict reader of the ZIP archives that PyTorch writes: members are stored, never compressed,
// so the reader hands out pointers into the mapped file and copies nothing.

#ifndef AOTI_COMMON_ARCHIVE_H
#define AOTI_COMMON_ARCHIVE_H

#include <stddef.h>
#include <stdint.h>

#include "common/io.h"

struct archive_member {
    char *name;           // below the archive's top folder, owned by the archive
    const uint8_t *data;  // size bytes inside the map
    size_t size;
    uint32_t crc32;
};

struct archive {
    const struct file_map *map;  // lent, must outlive the archive
    char *top;                   // the folder that all members are in
    struct archive_member *members;
    size_t count;
};

// Reads the directory of MAP. Ends with STATUS_PACKAGE where it is no archive, is truncated, holds
// a compressed, encrypted, duplicate, overlapping or badly named member, or members in more than
// one top folder. Contents are not looked at.
struct archive archive_open(const struct file_map *map);
void archive_close(struct archive *archive);

// The member NAME (below the top folder), lent, or NULL.
const struct archive_member *archive_find(const struct archive *archive, const char *name);

// Compares MEMBER's bytes with its CRC-32; ends with STATUS_PACKAGE where they differ.
void archive_check_crc32(const struct archive *archive, const struct archive_member *member);

#endif
