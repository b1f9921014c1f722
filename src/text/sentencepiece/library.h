// SPDX-License-Identifier: BSD-2-Clause
// The library that made a sentencepiece model, for models that are not run here: see
// load_sentencepiece.c. Implemented by one C++ file, or by one that refuses where the programs were
// built without the library.

#ifndef AOTI_TEXT_SENTENCEPIECE_LIBRARY_H
#define AOTI_TEXT_SENTENCEPIECE_LIBRARY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "text/alignment.h"

#ifdef __cplusplus
extern "C" {
#endif

struct spm_library;

// Opens the model of SIZE bytes. Returns NULL, and a reason of static storage in *PROBLEM, where
// the library refuses it.
struct spm_library *sentencepiece_open(const uint8_t *model, size_t size, const char **problem);
void sentencepiece_close(struct spm_library *library);

// The ids of SIZE bytes of text, *COUNT of them, lent until the next call. FIRST: the text is the
// beginning of a sequence, so that a space may be put before it. Returns NULL where the library
// fails.
const int *sentencepiece_encode(struct spm_library *library, const char *text, size_t size,
                                bool first, size_t *count);

// The bytes of TEXT that each of the ids stands for that sentencepiece_encode finds in it, lent in
// the same way. Of the tokens of an unknown character's bytes the last one has all of them, the
// others none.
const struct span *sentencepiece_spans(struct spm_library *library, const char *text, size_t size,
                                       bool first, size_t *count);

#ifdef __cplusplus
}
#endif

#endif
