// SPDX-License-Identifier: BSD-2-Clause

#include "config.h"

#include "model/package.h"

#include <stdlib.h>
#include <string.h>

#include "common/diagnostics.h"
#include "common/json.h"
#include "common/memory.h"

#define METADATA_MEMBER "extra/aoti-utils/meta.json"
#define GRAPHS_FOLDER "data/aotinductor/"

static struct json_source source_of(const struct package *package)
{
    return (struct json_source){.name = package->map.name, .status = STATUS_PACKAGE};
}

// Reads the metadata from FILE, or from the archive. Returns NULL if there is none.
static json_t *read_metadata(const struct package *package, const char *file)
{
    if (file != NULL) {
        struct file_map map = file_map_open(file);
        struct json_source source = {.name = file, .status = STATUS_PACKAGE};
        json_t *metadata = json_parse(&source, map.data, map.size);
        file_map_close(&map);
        return metadata;
    }
    const struct archive_member *member = archive_find(&package->archive, METADATA_MEMBER);
    if (member == NULL)
        return NULL;
    archive_check_crc32(&package->archive, member);
    struct json_source source = source_of(package);
    return json_parse(&source, member->data, member->size);
}

static void check_format(const struct json_source *source, json_t *metadata)
{
    if (strcmp(json_find_text(source, metadata, "format", ""), "aoti-utils") != 0)
        die(STATUS_PACKAGE, "%s: meta.json: format is not \"aoti-utils\"", source->name);
    int64_t version = json_get_integer(source, metadata, "format_version", 1, INT32_MAX);
    if (version > PACKAGE_FORMAT_VERSION)
        die(STATUS_PACKAGE, "%s: format version is %lld, expected at most %d",
            source->name, (long long)version, PACKAGE_FORMAT_VERSION);
}

static void read_form(struct package *package, const struct json_source *source,
                      json_t *metadata)
{
    const char *form = json_get_text(source, metadata, "form");
    if (strcmp(form, "logits") == 0)
        package->form = PACKAGE_LOGITS;
    else if (strcmp(form, "cached") == 0)
        package->form = PACKAGE_CACHED;
    else
        die(STATUS_PACKAGE, "%s: unknown form '%s', expected 'logits' or 'cached'",
            source->name, form);
}

static void read_stop_ids(struct package *package, const struct json_source *source,
                          json_t *metadata)
{
    json_t *ids = json_find(source, metadata, "eos_token_ids", JSON_ARRAY);
    package->stop_count = ids != NULL ? json_array_size(ids) : 0;
    package->stop_ids = xcalloc(package->stop_count, sizeof *package->stop_ids);
    for (size_t i = 0; i < package->stop_count; i++)
        package->stop_ids[i] = (int32_t)json_to_integer(source, json_array_get(ids, i),
                                                     "eos_token_ids", 0, INT32_MAX);
}

static void read_sequence(struct package *package, const struct json_source *source,
                          json_t *metadata)
{
    json_t *object = json_get(source, metadata, "sequence", JSON_OBJECT);
    int64_t max = json_get_integer(source, object, "max", 1, PACKAGE_LENGTH_MAX);
    package->sequence = (struct package_sequence){
        .known = true,
        .dynamic = json_get_flag(source, object, "dynamic"),
        .min = json_get_integer(source, object, "min", 1, max),
        .max = max,
    };
}

// Returns a member that the metadata names.
static const struct archive_member *find_member(const struct package *package, const char *name)
{
    const struct archive_member *member = archive_find(&package->archive, name);
    if (member == NULL)
        die(STATUS_PACKAGE, "%s: metadata names %s, which is not in the package",
            package->map.name, name);
    return member;
}

static void read_cache(struct package *package, const struct json_source *source,
                       json_t *metadata)
{
    json_t *object = json_get(source, metadata, "cache", JSON_OBJECT);
    package->cache = (struct package_cache){
        .length = json_get_integer(source, object, "length", 2, PACKAGE_LENGTH_MAX),
        .layers = json_get_integer(source, object, "layers", 1, 4096),
        .kv_heads = json_get_integer(source, object, "kv_heads", 1, 65536),
        .head_dim = json_get_integer(source, object, "head_dim", 1, 65536),
        .dtype = json_get_text(source, object, "dtype"),
        .weights = find_member(
            package, json_get_text(source, json_get(source, metadata, "weights", JSON_OBJECT),
                                   "member")),
    };
}

static void read_graphs(struct package *package, const struct json_source *source,
                        json_t *metadata)
{
    json_t *graphs = json_get(source, metadata, "graphs", JSON_ARRAY);
    package->graph_count = json_array_size(graphs);
    package->graphs = xcalloc(package->graph_count, sizeof *package->graphs);
    for (size_t i = 0; i < package->graph_count; i++) {
        json_t *graph = json_array_get(graphs, i);
        package->graphs[i] = (struct package_graph){
            .name = json_get_text(source, graph, "name"),
            .shared_object = find_member(package, json_get_text(source, graph, "member")),
            .description = graph,
        };
    }
}

// Returns true if INPUT, a description, is a cache as described by the metadata's own section.
static bool is_cache(const struct json_source *source, json_t *input,
                     const struct package_cache *cache)
{
    const int64_t wanted[] = {1, cache->kv_heads, cache->length, cache->head_dim};
    json_t *shape = json_get(source, input, "shape", JSON_ARRAY);
    if (json_array_size(shape) != sizeof wanted / sizeof *wanted
        || strcmp(json_get_text(source, input, "dtype"), cache->dtype) != 0)
        return false;
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
        if (json_integer_value(json_array_get(shape, i)) != wanted[i])
            return false;
    return true;
}

// The graphs of the cached form state the shape of each cache, which must be that of the caches to
// be created. The inputs before the caches are skipped.
static void check_caches(const struct package *package, const struct json_source *source)
{
    for (size_t g = 0; g < package->graph_count; g++) {
        const struct package_graph *graph = &package->graphs[g];
        json_t *inputs = json_get(source, graph->description, "inputs", JSON_ARRAY);
        size_t count = json_array_size(inputs);
        size_t wanted = PACKAGE_INPUTS_BEFORE_CACHES + 2 * (size_t)package->cache.layers;
        if (count != wanted)
            die(STATUS_PACKAGE, "%s: graph '%s' takes %zu inputs, but the cache implies %zu",
                source->name, graph->name, count, wanted);
        for (size_t i = PACKAGE_INPUTS_BEFORE_CACHES; i < count; i++) {
            json_t *input = json_array_get(inputs, i);
            if (!is_cache(source, input, &package->cache))
                die(STATUS_PACKAGE,
                    "%s: graph '%s' takes %s of %s %s, but the cache is %s [1, %lld, %lld, %lld]",
                    source->name, graph->name, json_get_text(source, input, "name"),
                    json_get_text(source, input, "dtype"),
                    json_print(json_get(source, input, "shape", JSON_ARRAY), 0),
                    package->cache.dtype, (long long)package->cache.kv_heads,
                    (long long)package->cache.length, (long long)package->cache.head_dim);
        }
    }
}

static void require_graph(const struct package *package, const char *name)
{
    if (package_find_graph(package, name) == NULL)
        die(STATUS_PACKAGE, "%s: no graph named '%s'", package->map.name, name);
}

static void read_quantization(struct package *package, const struct json_source *source,
                              json_t *metadata)
{
    json_t *quantization = json_find(source, metadata, "quantization", JSON_OBJECT);
    if (quantization == NULL)
        return;
    package->quantization = json_find_text(source, quantization, "scheme", NULL);
    package->group_size =
        json_find_integer(source, quantization, "group_size", 0, INT32_MAX, 0);
    package->head_bits = json_find_integer(source, quantization, "head_bits", 0, INT32_MAX, 0);
    package->int4_block = json_find_integer(source, quantization, "block", 0, INT32_MAX, 0);
    if (package->int4_block != 32 && package->int4_block != 64)
        package->int4_block = 0;
}

static void read_device(struct package *package, const struct json_source *source,
                        json_t *device)
{
    package->device = json_get_text(source, device, "type");
    package->isa = json_find_text(source, device, "isa", NULL);
    package->machine = json_find_text(source, device, "machine", NULL);
    package->compute_capability = json_find_text(source, device, "compute_capability", NULL);
    package->launches_early = json_find_flag(source, device, "dependent_launch", false);
    json_t *features = json_find(source, device, "features", JSON_ARRAY);
    package->feature_count = features != NULL ? json_array_size(features) : 0;
    package->features = xcalloc(package->feature_count, sizeof *package->features);
    for (size_t i = 0; i < package->feature_count; i++) {
        const char *name = json_string_value(json_array_get(features, i));
        package->features[i] = name != NULL ? name : "null";
    }
}

static void apply_metadata(struct package *package, json_t *metadata)
{
    struct json_source source = source_of(package);
    check_format(&source, metadata);
    read_form(package, &source, metadata);
    json_t *model = json_get(&source, metadata, "model", JSON_OBJECT);
    read_device(package, &source, json_get(&source, metadata, "device", JSON_OBJECT));
    json_t *versions = json_get(&source, metadata, "versions", JSON_OBJECT);
    package->model_id = json_find_text(&source, model, "id", NULL);
    package->dtype = json_get_text(&source, metadata, "dtype");
    package->torch_version = json_find_text(&source, versions, "torch", NULL);
    read_quantization(package, &source, metadata);
    package->vocab_size = json_get_integer(&source, metadata, "vocab_size", 1, INT32_MAX);
    package->pad_id =
        json_find_integer(&source, metadata, "pad_token_id", 0, package->vocab_size - 1, 0);
    read_stop_ids(package, &source, metadata);
    read_sequence(package, &source, metadata);
    if (package->form == PACKAGE_CACHED)
        read_cache(package, &source, metadata);
    read_graphs(package, &source, metadata);
    if (package->form == PACKAGE_LOGITS) {
        require_graph(package, "model");
        return;
    }
    require_graph(package, "prefill");
    require_graph(package, "decode");
    check_caches(package, &source);
}

// A package made by torch itself, without metadata: one model of any name with one shared object.
static void find_foreign_graph(struct package *package)
{
    const size_t folder = strlen(GRAPHS_FOLDER);
    package->graphs = xcalloc(1, sizeof *package->graphs);
    for (size_t i = 0; i < package->archive.count; i++) {
        const struct archive_member *member = &package->archive.members[i];
        size_t length = strlen(member->name);
        if (strncmp(member->name, GRAPHS_FOLDER, folder) != 0 || length < folder + 3
            || strcmp(member->name + length - 3, ".so") != 0)
            continue;
        if (package->graph_count++ > 0)
            die(STATUS_PACKAGE, "%s: no metadata and more than one graph",
                package->map.name);
        *package->graphs = (struct package_graph){.name = "model", .shared_object = member};
    }
    if (package->graph_count == 0)
        die(STATUS_PACKAGE, "%s: no compiled graph (no .so below " GRAPHS_FOLDER ")",
            package->map.name);
    package->device = "cpu";
}

struct package *package_open(const char *file, const char *metadata)
{
    struct package *package = xcalloc(1, sizeof *package);
    package->map = file_map_open(file);
    package->archive = archive_open(&package->map);
    json_t *description = read_metadata(package, metadata);
    package->metadata = description;
    if (description == NULL) {
        find_foreign_graph(package);
        return package;
    }
    apply_metadata(package, description);
    return package;
}

const struct package_graph *package_find_graph(const struct package *package, const char *name)
{
    for (size_t i = 0; i < package->graph_count; i++)
        if (strcmp(package->graphs[i].name, name) == 0)
            return &package->graphs[i];
    return NULL;
}

void package_close(struct package *package)
{
    if (package == NULL)
        return;
    json_decref(package->metadata);
    free(package->features);
    free(package->stop_ids);
    free(package->graphs);
    archive_close(&package->archive);
    file_map_close(&package->map);
    free(package);
}
