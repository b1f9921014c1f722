// SPDX-License-Identifier: BSD-2-Clause
// A .pt2 package as aoti-package(5) describes it: what its metadata says, checked against what
// the archive holds, before any code of it is loaded.

#ifndef AOTI_MODEL_PACKAGE_H
#define AOTI_MODEL_PACKAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/archive.h"
#include "common/io.h"

enum package_form { PACKAGE_LOGITS, PACKAGE_CACHED };

enum {
    PACKAGE_FORMAT_VERSION = 1,
    PACKAGE_LENGTH_MAX = 1 << 24,  // positions
    PACKAGE_INPUTS_BEFORE_CACHES = 3,  // of a graph of the cached form
};

// How many positions one call of a graph takes.
struct package_sequence {
    bool known;    // false: a foreign package whose user has not told
    bool dynamic;  // any length from min to max; otherwise min == max
    int64_t min, max;
};

struct package_cache {
    int64_t length, layers, kv_heads, head_dim;
    const char *dtype;  // lent by the metadata
    const struct archive_member *weights;
};

// A graph: a model of the archive, compiled into one shared object.
struct package_graph {
    const char *name;  // lent: "model", "prefill", "decode"
    const struct archive_member *shared_object;
    void *description;  // JSON, lent by the metadata; NULL for a foreign package
};

struct package {
    struct file_map map;
    struct archive archive;
    void *metadata;  // the JSON that strings below are lent from; NULL for a foreign package

    enum package_form form;
    const char *model_id;       // or NULL
    const char *dtype;          // or NULL
    const char *quantization;   // scheme, or NULL
    int64_t group_size;         // inputs that share a scale; 0: all, or not known
    int64_t int4_block;         // columns of a block of 4 bits, 32 or 64; 0: not known
    int64_t head_bits;          // of a weight of the head; 0: those of dtype, or not known
    const char *device;         // "cpu", "cuda"
    const char *machine;        // as uname(2) names it, or NULL
    const char *isa;            // or NULL
    const char **features;      // that the CPU must have
    size_t feature_count;
    const char *compute_capability;  // of a GPU, or NULL
    bool launches_early;  // each of its kernels waits by itself for the one before it
    const char *torch_version;  // or NULL
    int64_t vocab_size;         // 0: not known before the first run
    int64_t pad_id;
    int32_t *stop_ids;  // the model's end-of-sequence ids
    size_t stop_count;
    struct package_sequence sequence;
    struct package_cache cache;  // PACKAGE_CACHED
    struct package_graph *graphs;
    size_t graph_count;
};

// Opens and checks the package FILE: its archive and its metadata, but not whether this machine can
// run it. METADATA names a file to read in place of the package's own metadata, or is NULL. Ends
// with STATUS_FAILURE where the file cannot be read and with STATUS_PACKAGE where it is refused.
struct package *package_open(const char *file, const char *metadata);

// The graph NAME, or NULL. A package that was opened has "model", if it is of the logits form, or
// "prefill" and "decode".
const struct package_graph *package_find_graph(const struct package *package, const char *name);

void package_close(struct package *package);

#endif
