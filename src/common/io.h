// SPDX-License-Identifier: BSD-2-Clause
// Reading and writing that either completes or dies with a message.

#ifndef AOTI_COMMON_IO_H
#define AOTI_COMMON_IO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

// Opens descriptors 0 to 2 if they are closed, so that no file opened later becomes stdout by
// accident. Using one of them fails with "Bad file descriptor". Call before anything opens a file.
void standard_descriptors_secure(void);

// Like read(2), but repeats after EINTR and waits if the descriptor is non-blocking. Returns the
// number of bytes read, 0 at the end of input. Dies with STATUS_FAILURE, naming NAME.
size_t read_some(int descriptor, void *data, size_t size, const char *name);

// Returns true if read(2) would not wait: there is data, the end of input or an error. A program
// flushes its output before it waits.
bool input_ready(int descriptor);

// Writes all SIZE bytes. Dies with STATUS_FAILURE, naming NAME. If the reader of a pipe has exited,
// SIGPIPE kills the process, unless the parent process ignored that signal.
void write_all(int descriptor, const void *data, size_t size, const char *name);

// Opens NAME for reading. For "-", duplicates standard input, which stays open when the result is
// closed. Dies with STATUS_FAILURE, also if NAME is a directory.
int open_input(const char *name);

// Writes SIZE bytes to the file NAME. Replaces a regular file atomically: writes a new file in the
// same directory and renames it. Writes to a device, a pipe or the target of a symbolic link
// without replacing NAME. Dies with STATUS_FAILURE.
void write_file(const char *name, const void *data, size_t size);

// Returns NAME for messages: "(stdin)" for "-".
const char *input_name(const char *name);

// Flushes and closes stdout. Dies with STATUS_FAILURE if anything could not be written.
void stdout_close(void);

// A whole file, mapped for reading.
struct file_map {
    const uint8_t *data;  // [size]; invalid if size is 0
    size_t size;
    const char *name;  // borrowed from the caller
    int descriptor;
};

// Maps the regular file NAME. Dies with STATUS_FAILURE if NAME cannot be opened or is not a regular
// file. Close with file_map_close().
struct file_map file_map_open(const char *name);
void file_map_close(struct file_map *map);

#endif
