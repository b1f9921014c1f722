// SPDX-License-Identifier: BSD-2-Clause

#include "config.h"

#include "common/io.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/diagnostics.h"
#include "common/memory.h"

void standard_descriptors_secure(void)
{
    for (int descriptor = 0; descriptor <= 2; descriptor++) {
        if (fcntl(descriptor, F_GETFD) != -1)
            continue;
        // Not readable as stdin, not writable as stdout: use fails with EBADF instead of hanging.
        int opened = open("/dev/null", descriptor == 0 ? O_WRONLY : O_RDONLY);
        if (opened != descriptor)
            _exit(STATUS_FAILURE);
    }
}

// Waits until a non-blocking descriptor is ready. Returns 1 if the failed call may be repeated.
static int may_retry(int descriptor, short events)
{
    if (errno == EINTR)
        return 1;
    if (errno != EAGAIN && errno != EWOULDBLOCK)
        return 0;
    struct pollfd wait = {.fd = descriptor, .events = events};
    poll(&wait, 1, -1);
    return 1;
}

size_t read_some(int descriptor, void *data, size_t size, const char *name)
{
    ssize_t got;
    while ((got = read(descriptor, data, size)) < 0)
        if (!may_retry(descriptor, POLLIN))
            die_errno(STATUS_FAILURE, "%s", name);
    return (size_t)got;
}

bool input_ready(int descriptor)
{
    struct pollfd input = {.fd = descriptor, .events = POLLIN};
    return poll(&input, 1, 0) != 0;
}

// Like write_all(), but returns false on an error, with the reason in errno.
static bool try_write_all(int descriptor, const char *data, size_t size)
{
    while (size > 0) {
        ssize_t written = write(descriptor, data, size);
        if (written < 0 && !may_retry(descriptor, POLLOUT))
            return false;
        data += written > 0 ? written : 0;
        size -= written > 0 ? (size_t)written : 0;
    }
    return true;
}

void write_all(int descriptor, const void *data, size_t size, const char *name)
{
    if (!try_write_all(descriptor, data, size))
        die_errno(STATUS_FAILURE, "%s", name);
}

const char *input_name(const char *name)
{
    return strcmp(name, "-") == 0 ? "(stdin)" : name;
}

int open_input(const char *name)
{
    int descriptor = strcmp(name, "-") == 0 ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)
                                            : open(name, O_RDONLY | O_CLOEXEC);
    if (descriptor < 0)
        die_errno(STATUS_FAILURE, "%s", input_name(name));
    struct stat info;
    if (fstat(descriptor, &info) == 0 && S_ISDIR(info.st_mode)) {
        errno = EISDIR;
        die_errno(STATUS_FAILURE, "%s", input_name(name));
    }
    return descriptor;
}

static void write_through(const char *name, const void *data, size_t size)
{
    int descriptor = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (descriptor < 0)
        die_errno(STATUS_FAILURE, "%s", name);
    write_all(descriptor, data, size, name);
    if (close(descriptor) != 0)
        die_errno(STATUS_FAILURE, "%s", name);
}

void write_file(const char *name, const void *data, size_t size)
{
    struct stat info;
    if (lstat(name, &info) == 0 && !S_ISREG(info.st_mode)) {
        write_through(name, data, size);
        return;
    }
    char *beside = xasprintf("%s.%ld", name, (long)getpid());
    int descriptor = open(beside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (descriptor < 0)
        die_errno(STATUS_FAILURE, "%s", name);
    if (!try_write_all(descriptor, data, size) || close(descriptor) != 0
        || rename(beside, name) != 0) {
        int saved = errno;
        unlink(beside);
        errno = saved;
        die_errno(STATUS_FAILURE, "%s", name);
    }
    free(beside);
}

void stdout_close(void)
{
    if (fflush(stdout) != 0 || ferror(stdout) || fclose(stdout) != 0)
        die_errno(STATUS_FAILURE, "(stdout)");
}

struct file_map file_map_open(const char *name)
{
    struct file_map map = {.name = name};
    map.descriptor = open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);  // a FIFO must not wait
    struct stat info;
    if (map.descriptor < 0 || fstat(map.descriptor, &info) != 0)
        die_errno(STATUS_FAILURE, "%s", name);
    if (!S_ISREG(info.st_mode))
        die(STATUS_FAILURE, "%s: %s", name,
            S_ISDIR(info.st_mode) ? strerror(EISDIR) : "not a regular file");
    map.size = (size_t)info.st_size;
    if (map.size == 0)
        return map;
    void *data = mmap(NULL, map.size, PROT_READ, MAP_PRIVATE, map.descriptor, 0);
    if (data == MAP_FAILED)
        die_errno(STATUS_FAILURE, "%s", name);
    // Huge pages save a program that reads a whole large file from memory a fifth of its time. This
    // is a hint: it does not matter if it fails.
    madvise(data, map.size, MADV_HUGEPAGE);
    map.data = data;
    return map;
}

void file_map_close(struct file_map *map)
{
    if (map->size != 0)
        munmap((void *)(uintptr_t)map->data, map->size);
    if (map->descriptor >= 0)
        close(map->descriptor);
    *map = (struct file_map){.descriptor = -1};
}
