// SPDX-License-Identifier: BSD-2-Clause
// A tokenizer as it stands in memory, in a file that is mapped: a vocabulary of 128,000 tokens is
// ready in milliseconds.
//
// The file holds a header, then sections at multiples of 64 bytes. It is made for one version of
// the programs on one kind of machine, is no format for exchange, and says what it was made from.

#ifndef AOTI_TEXT_LOAD_COMPILED_H
#define AOTI_TEXT_LOAD_COMPILED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/io.h"
#include "text/tokenizer.h"

// Writes TOKENIZER, which was read from a file and not compiled before, to FILE as write_file()
// does. The bytes depend only on what the file holds and on its name without folders.
void compiled_write(const struct tokenizer *tokenizer, const char *file);

// Whether DATA begins as such a file.
bool compiled_recognize(const uint8_t *data, size_t size);

// Fills TOKENIZER with arrays that stay in DATA, which must begin at a multiple of 64 bytes and
// outlive it. Returns NULL, or what is wrong; TOKENIZER is unchanged then.
const char *compiled_load(struct tokenizer *tokenizer, const uint8_t *data, size_t size);

// Returns the name, without folders, of the file that DATA, which was recognized, was made from;
// NULL if DATA does not name one. Free with free().
char *compiled_source(const uint8_t *data, size_t size);

// Returns true if DATA, which was recognized, was made from a file with the bytes of SOURCE.
bool compiled_is_made_from(const uint8_t *data, size_t size, const struct file_map *source);

#endif
