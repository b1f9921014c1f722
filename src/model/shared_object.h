// SPDX-License-Identifier: BSD-2-Clause
// Looks into an ELF shared object in memory, and changes the copy that is about to be loaded:
// which libraries and which stack it asks for, and under which name it binds a function.

#ifndef AOTI_MODEL_SHARED_OBJECT_H
#define AOTI_MODEL_SHARED_OBJECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// A 64-bit, little-endian ELF shared object.
struct shared_object {
    uint8_t *image;  // size bytes, writable after shared_object_copy
    size_t size;
    const char *name;  // for messages, lent
    int descriptor;    // of the copy, or -1
    uint64_t dynamic;  // offset of the dynamic section
    uint64_t dynamic_count;
    uint64_t strings;  // offset of its string table
    uint64_t strings_size;
    uint64_t symbols;  // offset of its symbol table
    uint64_t symbols_count;
};

// Names the kind of machine that code is for: "x86_64, 64 bits, little-endian". The caller frees it.
// NULL where IMAGE, of SIZE bytes, is no ELF file.
char *shared_object_machine(const uint8_t *image, size_t size);

// The same of this program.
char *shared_object_own_machine(void);

// Reads the headers of SIZE bytes at IMAGE, which are lent and not changed. Ends with
// STATUS_PACKAGE where they are no shared object for this machine or lead outside the image.
struct shared_object shared_object_read(const uint8_t *image, size_t size, const char *name);

// As shared_object_read, of an anonymous copy in memory that may be changed: nothing is written to
// a disk. The caller gives it to shared_object_load.
struct shared_object shared_object_copy(const uint8_t *image, size_t size, const char *name);

// Seals the copy, so that what was checked is what runs, and loads it. Returns what dlopen does;
// ends with STATUS_PACKAGE where the loader refuses it. The copy's memory is given back; OBJECT is
// of no use any more.
void *shared_object_load(struct shared_object *object);

// The name of the INDEX-th library that it asks for (DT_NEEDED), lent; NULL past the last.
const char *shared_object_needed(const struct shared_object *object, size_t index);

// Takes LIBRARY from the libraries it asks for: what it would provide is found elsewhere.
void shared_object_drop_needed(struct shared_object *object, const char *library);

// Takes away the folders that it would have libraries looked for in (DT_RPATH, DT_RUNPATH).
void shared_object_drop_paths(struct shared_object *object);

// Clears the request for an executable stack (PT_GNU_STACK). Inductor embeds weights by assembly
// that lacks a .note.GNU-stack section, so the linker asks for one; glibc 2.41 refuses to load such
// an object.
void shared_object_drop_executable_stack(struct shared_object *object);

// Calls VISIT with the name of each function or variable that others must define for it. Weak
// ones, which may stay undefined, are left out.
void shared_object_each_undefined(const struct shared_object *object,
                                  void (*visit)(const char *symbol, void *context),
                                  void *context);

// The distance in bytes between two symbols that it defines, or SIZE_MAX where it lacks one.
size_t shared_object_distance(const struct shared_object *object, const char *start,
                              const char *end);

// Has the undefined SYMBOL bound under another name of the same length. Returns whether it is
// among the undefined ones.
bool shared_object_rename_undefined(struct shared_object *object, const char *symbol,
                                    const char *other);

#endif
