// SPDX-License-Identifier: BSD-2-Clause

#include "config.h"

#include "model/inspection.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/compatibility.h"
#include "model/runtime.h"
#include "model/shared_object.h"

static void print_text(const char *key, const char *value)
{
    if (value != NULL)
        printf("%s: %s\n", key, value);
}

static void print_sequence(const struct package_sequence *sequence)
{
    if (!sequence->known)
        printf("sequence: unknown, pass --seq-len\n");
    else if (sequence->dynamic)
        printf("sequence: dynamic, %lld to %lld positions a call\n", (long long)sequence->min,
               (long long)sequence->max);
    else
        printf("sequence: static, %lld positions\n", (long long)sequence->max);
}

static void print_cache(const struct package_cache *cache)
{
    printf("cache: %lld positions, %lld layers, %lld heads of %lld, %s\n",
           (long long)cache->length, (long long)cache->layers, (long long)cache->kv_heads,
           (long long)cache->head_dim, cache->dtype);
}

static void print_quantization(const struct package *package)
{
    if (package->quantization == NULL)
        return;
    printf("quantization: %s", package->quantization);
    if (package->group_size != 0)
        printf(", groups of %lld inputs", (long long)package->group_size);
    if (package->int4_block != 0)
        printf(", blocks of %lld outputs", (long long)package->int4_block);
    if (package->head_bits != 0)
        printf(", head of %lld bits", (long long)package->head_bits);
    printf("\n");
}

static void print_features(const struct package *package)
{
    if (package->feature_count == 0)
        return;
    printf("features:");
    for (size_t i = 0; i < package->feature_count; i++)
        printf(" %s", package->features[i]);
    printf("\n");
}

static void print_stop_ids(const struct package *package)
{
    printf("end of sequence:");
    for (size_t i = 0; i < package->stop_count; i++)
        printf(" %d", package->stop_ids[i]);
    printf("\n");
}

static void count_symbol(const char *symbol, void *context)
{
    (void)symbol;
    ++*(size_t *)context;
}

static void print_graph(const struct package_graph *graph)
{
    const struct archive_member *member = graph->shared_object;
    char *theirs = shared_object_machine(member->data, member->size);
    char *ours = shared_object_own_machine();
    bool is_foreign = theirs != NULL && strcmp(theirs, ours) != 0;
    if (is_foreign)
        printf("graph: %s, %zu bytes, for %s\n", graph->name, member->size, theirs);
    free(theirs);
    free(ours);
    if (is_foreign)
        return;
    struct shared_object object = shared_object_read(member->data, member->size, member->name);
    size_t symbols = 0;
    shared_object_each_undefined(&object, count_symbol, &symbols);
    printf("graph: %s, %zu bytes, needs %zu functions from\n", graph->name, member->size, symbols);
    const char *library;
    for (size_t i = 0; (library = shared_object_needed(&object, i)) != NULL; i++)
        printf("    %s\n", library);
}

static void print_runtime(const struct package *package)
{
    struct compatibility_problem problem = compatibility_find_problem(package);
    if (problem.text != NULL) {
        printf("runtime: none here: %s\n", problem.text);
        free(problem.text);
        return;
    }
    struct runtime_coverage coverage = runtime_examine(package);
    char *description = runtime_describe(&coverage);
    print_text("runtime", description);
    free(description);
    free(coverage.missing);
}

void inspection_print(const struct package *package)
{
    print_text("package", package->map.name);
    printf("bytes: %zu\n", package->map.size);
    printf("form: %s%s\n", package->form == PACKAGE_CACHED ? "cached" : "logits",
           package->metadata == NULL ? " (no metadata)" : "");
    print_text("model", package->model_id);
    print_text("dtype", package->dtype);
    print_quantization(package);
    print_text("device", package->device);
    print_text("machine", package->machine);
    print_text("isa", package->isa);
    print_features(package);
    print_text("compute capability", package->compute_capability);
    print_text("torch", package->torch_version);
    if (package->vocab_size != 0)
        printf("vocabulary: %lld\n", (long long)package->vocab_size);
    print_stop_ids(package);
    print_sequence(&package->sequence);
    if (package->form == PACKAGE_CACHED)
        print_cache(&package->cache);
    for (size_t i = 0; i < package->graph_count; i++)
        print_graph(&package->graphs[i]);
    print_runtime(package);
}
