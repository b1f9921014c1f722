// SPDX-License-Identifier: BSD-2-Clause
// Compiled tokenizers: the in-memory form in a file that is mapped. A vocabulary of 128,000 tokens
// is ready in milliseconds.
//
// The file holds a header, then sections at multiples of 64 bytes. It fits one version of the
// programs on one kind of machine, is not for exchange, and names the file it was made from.

#ifndef AOTI_TEXT_LOAD_COMPILED_H
#define AOTI_TEXT_LOAD_COMPILED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/io.h"
#include "text/tokenizer.h"

// Writes TOKENIZER, which must not come from a compiled file itself, to FILE by write_file(). The
// bytes depend only on the content of the source file and on its name without directories.
void compiled_write(const struct tokenizer *tokenizer, const char *file);

// Returns true if DATA starts with the magic of a compiled tokenizer.
bool compiled_recognize(const uint8_t *data, size_t size);

// Fills TOKENIZER with arrays that point into DATA, which must be aligned to 64 bytes and outlive
// it. Returns NULL, or the problem; TOKENIZER is then unchanged.
const char *compiled_load(struct tokenizer *tokenizer, const uint8_t *data, size_t size);

// Returns the name, without directories, of the file that DATA was made from, or NULL if DATA does
// not name one. DATA must have been recognized. Free with free().
char *compiled_source(const uint8_t *data, size_t size);

// Returns true if DATA, which must have been recognized, was made from the bytes of SOURCE.
bool compiled_is_made_from(const uint8_t *data, size_t size, const struct file_map *source);

#endif
