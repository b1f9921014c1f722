// SPDX-License-Identifier: BSD-2-Clause
// Replaces library.cc in builds without libsentencepiece.

#include "config.h"

#include "text/sentencepiece/library.h"

struct spm_library *sentencepiece_open(const uint8_t *model, size_t size, const char **problem)
{
    (void)model;
    (void)size;
    *problem = "model requires libsentencepiece, which these programs were built without";
    return NULL;
}

void sentencepiece_close(struct spm_library *library)
{
    (void)library;
}

const int *sentencepiece_encode(struct spm_library *library, const char *text, size_t size,
                                bool first, size_t *count)
{
    (void)library;
    (void)text;
    (void)size;
    (void)first;
    (void)count;
    return NULL;
}

const struct span *sentencepiece_spans(struct spm_library *library, const char *text, size_t size,
                                       bool first, size_t *count)
{
    (void)library;
    (void)text;
    (void)size;
    (void)first;
    (void)count;
    return NULL;
}
