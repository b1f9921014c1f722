// SPDX-License-Identifier: BSD-2-Clause
// Inspects an ELF shared object in memory and edits a copy before it is loaded: the libraries and
// the stack that it requests, and the names under which it binds functions.

#ifndef AOTI_MODEL_SHARED_OBJECT_H
#define AOTI_MODEL_SHARED_OBJECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// A 64-bit, little-endian ELF shared object.
struct shared_object {
    uint8_t *image;  // size bytes, writable if made by shared_object_copy()
    size_t size;
    const char *name;  // for messages, borrowed
    int descriptor;    // of the copy, or -1
    uint64_t dynamic;  // file offset of the dynamic section
    uint64_t dynamic_count;
    uint64_t strings;  // file offset of the string table
    uint64_t strings_size;
    uint64_t symbols;  // file offset of the symbol table
    uint64_t symbols_count;
};

// Names the machine that code is for: "x86_64, 64 bits, little-endian". Free with free(). Returns
// NULL if IMAGE, SIZE bytes, is not an ELF file.
char *shared_object_machine(const uint8_t *image, size_t size);

// Likewise for this program.
char *shared_object_own_machine(void);

// Reads the headers of SIZE bytes at IMAGE, which stay the caller's and are not changed. Dies with
// STATUS_PACKAGE if they are not a shared object for this machine or point outside the image.
struct shared_object shared_object_read(const uint8_t *image, size_t size, const char *name);

// Like shared_object_read(), on an editable anonymous copy in memory; nothing is written to a disk.
// Pass it to shared_object_load().
struct shared_object shared_object_copy(const uint8_t *image, size_t size, const char *name);

// Seals the copy, so that what was checked is what runs, and loads it. Returns the handle of
// dlopen(). Frees the copy; OBJECT must not be used again. Dies with STATUS_PACKAGE if loading
// fails.
void *shared_object_load(struct shared_object *object);

// Returns the name of the INDEX-th needed library (DT_NEEDED), owned by OBJECT; NULL past the last.
const char *shared_object_needed(const struct shared_object *object, size_t index);

// Removes LIBRARY from the needed libraries. Its functions must be available otherwise.
void shared_object_drop_needed(struct shared_object *object, const char *library);

// Removes the library search paths (DT_RPATH, DT_RUNPATH).
void shared_object_drop_paths(struct shared_object *object);

// Clears the request for an executable stack (PT_GNU_STACK). Inductor embeds weights by assembly
// that lacks a .note.GNU-stack section, so the linker asks for one; glibc 2.41 refuses to load such
// an object.
void shared_object_drop_executable_stack(struct shared_object *object);

// Calls VISIT with the name of each undefined function or variable, except for weak ones, which may
// stay undefined.
void shared_object_each_undefined(const struct shared_object *object,
                                  void (*visit)(const char *symbol, void *context),
                                  void *context);

// Returns the distance in bytes between two defined symbols, or SIZE_MAX if one is missing.
size_t shared_object_distance(const struct shared_object *object, const char *start,
                              const char *end);

// Binds the undefined SYMBOL under another name of the same length. So each function is bound to
// the builtin one or to libtorch's, one by one, and builtin functions never get in libtorch's own
// way. Returns false if SYMBOL is not undefined in OBJECT.
bool shared_object_rename_undefined(struct shared_object *object, const char *symbol,
                                    const char *other);

#endif
