// SPDX-License-Identifier: BSD-2-Clause
// A .pt2 package as described in aoti-package(5): its metadata, checked against the content of the
// archive before any code is loaded.

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

// The number of positions that one call of a graph takes.
struct package_sequence {
    bool known;    // false: a package without metadata and no --seq-len
    bool dynamic;  // any length from min to max; otherwise min == max
    int64_t min, max;
};

struct package_cache {
    int64_t length, layers, kv_heads, head_dim;
    const char *dtype;  // owned by the metadata
    const struct archive_member *weights;
};

// A graph: a compiled function of the model, in one shared object.
struct package_graph {
    const char *name;  // owned by the metadata: "model", "prefill", "decode"
    const struct archive_member *shared_object;
    void *description;  // JSON, owned by the metadata; NULL without metadata
};

struct package {
    struct file_map map;
    struct archive archive;
    void *metadata;  // JSON that owns the strings below; NULL without metadata

    enum package_form form;
    const char *model_id;       // or NULL
    const char *dtype;          // or NULL
    const char *quantization;   // scheme, or NULL
    int64_t group_size;         // inputs that share a scale; 0: all, or unknown
    int64_t int4_block;         // columns per block of 4-bit weights, 32 or 64; 0: unknown
    int64_t head_bits;          // bits per weight of the head; 0: as dtype, or unknown
    const char *device;         // "cpu", "cuda"
    const char *machine;        // as named by uname(2), or NULL
    const char *isa;            // or NULL
    const char **features;      // required of the CPU
    size_t feature_count;
    const char *compute_capability;  // of a GPU, or NULL
    bool launches_early;  // every kernel waits for its predecessor by itself
    const char *torch_version;  // or NULL
    int64_t vocab_size;         // 0: unknown before the first run
    int64_t pad_id;
    int32_t *stop_ids;  // the model's end-of-sequence ids
    size_t stop_count;
    struct package_sequence sequence;
    struct package_cache cache;  // PACKAGE_CACHED
    struct package_graph *graphs;
    size_t graph_count;
};

// Opens and checks the package FILE: its archive and metadata, but not whether this machine can run
// it. METADATA names a file to read instead of the package's own metadata, or is NULL. Dies with
// STATUS_FAILURE if a file cannot be read, with STATUS_PACKAGE if the package is invalid.
struct package *package_open(const char *file, const char *metadata);

// Returns the graph NAME, or NULL. An open package has "model" if it is of the logits form, or
// "prefill" and "decode".
const struct package_graph *package_find_graph(const struct package *package, const char *name);

void package_close(struct package *package);

#endif
