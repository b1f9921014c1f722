// SPDX-License-Identifier: BSD-2-Clause
// A strict reader of the ZIP archives that PyTorch writes. Members are stored, never compressed, so
// their contents are used in the mapped file and nothing is copied.

#ifndef AOTI_COMMON_ARCHIVE_H
#define AOTI_COMMON_ARCHIVE_H

#include <stddef.h>
#include <stdint.h>

#include "common/io.h"

struct archive_member {
    char *name;           // path without the top-level folder; owned by the archive
    const uint8_t *data;  // in the map; [size]
    size_t size;
    uint32_t crc32;
};

struct archive {
    const struct file_map *map;      // borrowed; must outlive the archive
    char *top;                       // top-level folder of all members; owned
    struct archive_member *members;  // owned; [count], sorted by name
    size_t count;
};

// Reads the central directory of MAP; does not read member data. Dies with STATUS_PACKAGE if MAP is
// not an archive or is truncated, if a member is compressed or encrypted, overlaps another one, or
// has a duplicate or unsafe name, or if there is more than one top-level folder. Close with
// archive_close().
struct archive archive_open(const struct file_map *map);
void archive_close(struct archive *archive);

// Returns the member with path NAME below the top-level folder, owned by ARCHIVE, or NULL.
const struct archive_member *archive_find(const struct archive *archive, const char *name);

// Dies with STATUS_PACKAGE if the CRC-32 of MEMBER's data does not match the directory.
void archive_check_crc32(const struct archive *archive, const struct archive_member *member);

#endif
