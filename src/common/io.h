// SPDX-License-Identifier: BSD-2-Clause
// Reading and writing that is whole or says why not.

#ifndef AOTI_COMMON_IO_H
#define AOTI_COMMON_IO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

// Makes sure that descriptors 0 to 2 are open, so that no file opened later becomes stdout by
// accident. Writing to one that was closed fails with "Bad file descriptor". Call first of all.
void standard_descriptors_secure(void);

// As read(2), but goes on after EINTR and waits where the descriptor is non-blocking.
// Returns 0 at the end of input. Dies with STATUS_FAILURE naming NAME on an error.
size_t read_some(int descriptor, void *data, size_t size, const char *name);

// Whether a read would return at once, with data, the end of input or an error. A program flushes
// what it has written before it waits.
bool input_ready(int descriptor);

// Writes all SIZE bytes. Dies with STATUS_FAILURE naming NAME on an error. A reader that closed
// its end kills the process by SIGPIPE, as any filter, unless the parent had it ignored.
void write_all(int descriptor, const void *data, size_t size, const char *name);

// Opens NAME for reading; for "-" duplicates standard input, so that closing the result leaves it
// open. Refuses a directory. Dies with STATUS_FAILURE.
int open_input(const char *name);

// Writes SIZE bytes to the file NAME. A regular file appears whole or not at all: it is written
// beside its place and renamed. A device, a pipe or a symbolic link is written through, never
// replaced. Dies with STATUS_FAILURE.
void write_file(const char *name, const void *data, size_t size);

// NAME as it stands in messages: "(stdin)" for "-".
const char *input_name(const char *name);

// Flushes and closes stdio's stdout; dies with STATUS_FAILURE if anything could not be written.
void stdout_close(void);

// A whole file, mapped for reading.
struct file_map {
    const uint8_t *data;  // size bytes
    size_t size;
    const char *name;  // lent by the caller
    int descriptor;
};

// Maps the regular file NAME. Dies with STATUS_FAILURE where it cannot be opened or is no regular
// file. An empty file has size 0 and data that must not be read.
struct file_map file_map_open(const char *name);
void file_map_close(struct file_map *map);

#endif
