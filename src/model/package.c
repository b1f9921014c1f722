// SPDX-License-Identifier: BSD-2-Clause

#include "config.h"

#include "model/package.h"

#include <stdlib.h>
#include <string.h>

#include "common/diagnostics.h"
#include "common/json.h"
#include "common/memory.h"
#include "model/digest.h"
#include "model/host.h"

#define METADATA_MEMBER "extra/aoti-utils/meta.json"
#define GRAPHS_FOLDER "data/aotinductor/"

static struct json_source source_of(const struct package *package)
{
    return (struct json_source){.name = package->map.name, .status = STATUS_PACKAGE};
}

// The metadata that describes the package: that of FILE, or of the archive, or none.
static json_object *read_metadata(const struct package *package, const char *file)
{
    if (file != NULL) {
        struct file_map map = file_map_open(file);
        struct json_source source = {.name = file, .status = STATUS_PACKAGE};
        json_object *metadata = json_parse(&source, map.data, map.size);
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

static void check_format(const struct json_source *source, json_object *metadata)
{
    if (strcmp(json_find_text(source, metadata, "format", ""), "aoti-utils") != 0)
        die(STATUS_PACKAGE, "%s: its meta.json is not of format \"aoti-utils\"", source->name);
    int64_t version = json_get_integer(source, metadata, "format_version", 1, INT32_MAX);
    if (version > PACKAGE_FORMAT_VERSION)
        die(STATUS_PACKAGE, "%s: its format version is %lld, this program reads up to %d",
            source->name, (long long)version, PACKAGE_FORMAT_VERSION);
}

static void read_form(struct package *package, const struct json_source *source,
                      json_object *metadata)
{
    const char *form = json_get_text(source, metadata, "form");
    if (strcmp(form, "logits") == 0)
        package->form = PACKAGE_LOGITS;
    else if (strcmp(form, "cached") == 0)
        package->form = PACKAGE_CACHED;
    else
        die(STATUS_PACKAGE, "%s: unknown form '%s'; this program runs 'logits' and 'cached'",
            source->name, form);
}

static void read_stop_ids(struct package *package, const struct json_source *source,
                          json_object *metadata)
{
    json_object *ids = json_find(source, metadata, "eos_token_ids", json_type_array);
    package->stop_count = ids != NULL ? json_object_array_length(ids) : 0;
    package->stop_ids = xcalloc(package->stop_count, sizeof *package->stop_ids);
    for (size_t i = 0; i < package->stop_count; i++)
        package->stop_ids[i] = (int32_t)json_integer(source, json_object_array_get_idx(ids, i),
                                                     "eos_token_ids", 0, INT32_MAX);
}

static void read_sequence(struct package *package, const struct json_source *source,
                          json_object *metadata)
{
    json_object *object = json_get(source, metadata, "sequence", json_type_object);
    int64_t max = json_get_integer(source, object, "max", 1, PACKAGE_LENGTH_MAX);
    package->sequence = (struct package_sequence){
        .known = true,
        .dynamic = json_get_flag(source, object, "dynamic"),
        .min = json_get_integer(source, object, "min", 1, max),
        .max = max,
    };
}

// A member that the metadata speaks of.
static const struct archive_member *find_member(const struct package *package, const char *name)
{
    const struct archive_member *member = archive_find(&package->archive, name);
    if (member == NULL)
        die(STATUS_PACKAGE, "%s: its metadata names %s, which it does not hold",
            package->map.name, name);
    return member;
}

static void read_cache(struct package *package, const struct json_source *source,
                       json_object *metadata)
{
    json_object *object = json_get(source, metadata, "cache", json_type_object);
    package->cache = (struct package_cache){
        .length = json_get_integer(source, object, "length", 2, PACKAGE_LENGTH_MAX),
        .layers = json_get_integer(source, object, "layers", 1, 4096),
        .kv_heads = json_get_integer(source, object, "kv_heads", 1, 65536),
        .head_dim = json_get_integer(source, object, "head_dim", 1, 65536),
        .dtype = json_get_text(source, object, "dtype"),
        .weights = find_member(
            package, json_get_text(source, json_get(source, metadata, "weights", json_type_object),
                                   "member")),
    };
}

static void read_graphs(struct package *package, const struct json_source *source,
                        json_object *metadata)
{
    json_object *graphs = json_get(source, metadata, "graphs", json_type_array);
    package->graph_count = json_object_array_length(graphs);
    package->graphs = xcalloc(package->graph_count, sizeof *package->graphs);
    for (size_t i = 0; i < package->graph_count; i++) {
        json_object *graph = json_object_array_get_idx(graphs, i);
        package->graphs[i] = (struct package_graph){
            .name = json_get_text(source, graph, "name"),
            .shared_object = find_member(package, json_get_text(source, graph, "member")),
        };
    }
}

static void apply_metadata(struct package *package, json_object *metadata)
{
    struct json_source source = source_of(package);
    check_format(&source, metadata);
    read_form(package, &source, metadata);
    json_object *model = json_get(&source, metadata, "model", json_type_object);
    json_object *device = json_get(&source, metadata, "device", json_type_object);
    json_object *versions = json_get(&source, metadata, "versions", json_type_object);
    json_object *quantization = json_find(&source, metadata, "quantization", json_type_object);
    package->model_id = json_find_text(&source, model, "id", NULL);
    package->dtype = json_get_text(&source, metadata, "dtype");
    package->device = json_get_text(&source, device, "type");
    package->isa = json_find_text(&source, device, "isa", NULL);
    package->torch_version = json_find_text(&source, versions, "torch", NULL);
    package->quantization =
        quantization != NULL ? json_find_text(&source, quantization, "scheme", NULL) : NULL;
    package->vocab_size = json_get_integer(&source, metadata, "vocab_size", 1, INT32_MAX);
    package->pad_id =
        json_find_integer(&source, metadata, "pad_token_id", 0, package->vocab_size - 1, 0);
    read_stop_ids(package, &source, metadata);
    read_sequence(package, &source, metadata);
    if (package->form == PACKAGE_CACHED)
        read_cache(package, &source, metadata);
    read_graphs(package, &source, metadata);
}

// A package of torch's own, without metadata: one model, whatever its name, with one shared
// object.
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
            die(STATUS_PACKAGE, "%s: it has no metadata and holds more than one graph",
                package->map.name);
        *package->graphs = (struct package_graph){.name = "model", .shared_object = member};
    }
    if (package->graph_count == 0)
        die(STATUS_PACKAGE, "%s: it holds no compiled graph (no .so below " GRAPHS_FOLDER ")",
            package->map.name);
    package->device = "cpu";
}

static void check_cpu(const struct package *package, const struct json_source *source,
                      json_object *device)
{
    const char *machine = json_find_text(source, device, "machine", NULL);
    if (machine != NULL && strcmp(machine, host_machine()) != 0)
        die(STATUS_PACKAGE, "%s: built for %s, this machine is %s", source->name, machine,
            host_machine());
    json_object *features = json_find(source, device, "features", json_type_array);
    size_t count = features != NULL ? json_object_array_length(features) : 0;
    for (size_t i = 0; i < count; i++) {
        const char *feature = json_object_get_string(json_object_array_get_idx(features, i));
        if (feature == NULL || !host_has_cpu_feature(feature))
            die(STATUS_PACKAGE, "%s: built for a CPU with %s (%s), which this one lacks",
                source->name, feature != NULL ? feature : "null",
                package->isa != NULL ? package->isa : "ISA not named");
    }
}

static void check_host(const struct package *package)
{
    struct json_source source = source_of(package);
    json_object *device = json_get(&source, package->metadata, "device", json_type_object);
    check_cpu(package, &source, device);
    if (strcmp(package->device, "cpu") != 0)
        die(STATUS_DEVICE, "%s: built for device %s, this program was built for cpu",
            source.name, package->device);
}

struct package *package_open(const char *file, const char *metadata)
{
    struct package *package = xcalloc(1, sizeof *package);
    package->map = file_map_open(file);
    package->archive = archive_open(&package->map);
    json_object *description = read_metadata(package, metadata);
    package->metadata = description;
    if (description == NULL) {
        find_foreign_graph(package);
        return package;
    }
    apply_metadata(package, description);
    check_host(package);
    return package;
}

// The digests that the metadata gives, by member; NULL for a foreign package.
static json_object *find_digests(const struct package *package)
{
    struct json_source source = source_of(package);
    return package->metadata == NULL
               ? NULL
               : json_find(&source, package->metadata, "members", json_type_object);
}

static void verify_digest(const struct package *package, const struct archive_member *member,
                          json_object *wanted)
{
    struct json_source source = source_of(package);
    char digest[DIGEST_TEXT_SIZE];
    json_get_integer(&source, wanted, "size", (int64_t)member->size, (int64_t)member->size);
    digest_sha256(member->data, member->size, digest);
    if (strcmp(digest, json_get_text(&source, wanted, "sha256")) != 0)
        die(STATUS_PACKAGE, "%s: damaged: %s has SHA-256 %.12s..., its metadata says %.12s...",
            source.name, member->name, digest, json_get_text(&source, wanted, "sha256"));
}

void package_verify(const struct package *package)
{
    struct json_source source = source_of(package);
    json_object *digests = find_digests(package);
    for (size_t i = 0; i < package->archive.count; i++) {
        const struct archive_member *member = &package->archive.members[i];
        json_object *wanted = digests != NULL
                                  ? json_find(&source, digests, member->name, json_type_object)
                                  : NULL;
        if (wanted != NULL)
            verify_digest(package, member, wanted);
        else
            archive_check_crc32(&package->archive, member);
    }
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
    json_object_put(package->metadata);
    free(package->stop_ids);
    free(package->graphs);
    archive_close(&package->archive);
    file_map_close(&package->map);
    free(package);
}
