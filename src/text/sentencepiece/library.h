// SPDX-License-Identifier: BSD-2-Clause
// libsentencepiece, for models that the programs do not run themselves: see load/sentencepiece.c.
// Implemented by library.cc, or by library_absent.c if built without the library.

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

// Opens the model of SIZE bytes. If the library rejects it, returns NULL and sets *PROBLEM to a
// static string.
struct spm_library *sentencepiece_open(const uint8_t *model, size_t size, const char **problem);
void sentencepiece_close(struct spm_library *library);

// Returns the ids of SIZE bytes of text, *COUNT of them, valid until the next call, or NULL if the
// library fails. FIRST: the text begins a sequence, so that a space may be put before it.
const int *sentencepiece_encode(struct spm_library *library, const char *text, size_t size,
                                bool first, size_t *count);

// Returns the bytes of TEXT that each id of sentencepiece_encode() covers, valid until the next
// call. Of the byte tokens of an unknown character, the last one covers all bytes, the others none.
const struct span *sentencepiece_spans(struct spm_library *library, const char *text, size_t size,
                                       bool first, size_t *count);

#ifdef __cplusplus
}
#endif

#endif
