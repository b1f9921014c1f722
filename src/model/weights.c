// SPDX-License-Identifier: BSD-2-Clause
//
// Layout (safetensors): 8 bytes, little-endian, hold the length of a JSON header, which maps each
// name to dtype, shape and offsets of its bytes, counted from the end of the header.

#include "config.h"

#include "model/weights.h"

#include <stdlib.h>
#include <string.h>

#include "common/diagnostics.h"
#include "common/json.h"
#include "common/little_endian.h"
#include "common/memory.h"

// configure omits the program where this does not hold.
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "weights are mapped as they lie");
_Static_assert(sizeof(size_t) >= sizeof(uint64_t), "packages may be larger than 4 GB");

enum {
    HEADER_MAX = 100000000,
    LENGTH_SIZE = 8,
    DIMENSIONS_MAX = 8,
    ALIGNMENT = 64,  // required by graphs
};

struct weights {
    struct json_source source;
    const struct runtime *runtime;
    json_t *header;
    const uint8_t *data;  // first byte after the header
    const uint8_t *place;  // what graphs read: data, or its copy on the device
    size_t size;
    tensor_handle *tensors;  // all tensors looked up so far
    size_t count;
};

// Names of dtypes in the header and in the metadata, and their sizes in bytes.
static const struct {
    const char *name, *torch_name;
    enum torch_dtype dtype;
    size_t size;
} dtypes[] = {
    {"F32", "float32", TORCH_FLOAT32, 4},
    {"BF16", "bfloat16", TORCH_BFLOAT16, 2},
    {"F16", "float16", TORCH_FLOAT16, 2},
    {"I64", "int64", TORCH_INT64, 8},
    {"I32", "int32", TORCH_INT32, 4},
    {"I8", "int8", TORCH_INT8, 1},
    {"U8", "uint8", TORCH_UINT8, 1},
    {"BOOL", "bool", TORCH_BOOL, 1},
    {"F64", "float64", TORCH_FLOAT64, 8},
};

enum { DTYPES = sizeof dtypes / sizeof *dtypes };

// Reads "shape" into SIZES and returns the number of dimensions. *COUNT: the product of the sizes.
static int64_t read_shape(const struct weights *weights, json_t *entry,
                          int64_t sizes[static DIMENSIONS_MAX], uint64_t *count)
{
    json_t *shape = json_get(&weights->source, entry, "shape", JSON_ARRAY);
    size_t dimensions = json_array_size(shape);
    if (dimensions > DIMENSIONS_MAX)
        die(STATUS_PACKAGE, "%s: weight has %zu dimensions", weights->source.name, dimensions);
    *count = 1;
    for (size_t i = 0; i < dimensions; i++) {
        sizes[i] = json_to_integer(&weights->source, json_array_get(shape, i), "shape", 0,
                                INT32_MAX);
        if (__builtin_mul_overflow(*count, (uint64_t)sizes[i], count))
            die(STATUS_PACKAGE, "%s: shape of a weight is too large", weights->source.name);
    }
    return (int64_t)dimensions;
}

// Returns the offset of the tensor after the header. *BYTES: its size.
static uint64_t read_offsets(const struct weights *weights, json_t *entry, uint64_t *bytes)
{
    json_t *offsets = json_get(&weights->source, entry, "data_offsets", JSON_ARRAY);
    int64_t limit = (int64_t)weights->size;
    int64_t begin = json_to_integer(&weights->source, json_array_get(offsets, 0),
                                 "data_offsets", 0, limit);
    int64_t end = json_to_integer(&weights->source, json_array_get(offsets, 1),
                               "data_offsets", begin, limit);
    *bytes = (uint64_t)(end - begin);
    return (uint64_t)begin;
}

static size_t find_dtype(const struct weights *weights, const char *name)
{
    for (size_t i = 0; i < DTYPES; i++)
        if (strcmp(dtypes[i].name, name) == 0)
            return i;
    die(STATUS_PACKAGE, "%s: weights have unknown dtype '%s'", weights->source.name, name);
}

// Returns the entry of the tensor NAME, or dies.
static json_t *find_entry(const struct weights *weights, const char *name)
{
    json_t *entry = json_find(&weights->source, weights->header, name, JSON_OBJECT);
    if (entry == NULL)
        die(STATUS_PACKAGE, "%s: no weight %s, which a graph needs", weights->source.name,
            name);
    return entry;
}

// Compares a weight that the metadata says GRAPH needs with the one in the file.
static void check_constant(const struct weights *weights, const char *graph, json_t *wanted)
{
    const struct json_source *source = &weights->source;
    const char *name = json_get_text(source, wanted, "name");
    const char *dtype = json_get_text(source, wanted, "dtype");
    json_t *shape = json_get(source, wanted, "shape", JSON_ARRAY);
    json_t *entry = find_entry(weights, name);
    size_t kind = find_dtype(weights, json_get_text(source, entry, "dtype"));
    json_t *there = json_get(source, entry, "shape", JSON_ARRAY);
    if (strcmp(dtype, dtypes[kind].torch_name) != 0 || !json_equal(shape, there))
        die(STATUS_PACKAGE, "%s: weight %s is %s %s, but graph '%s' expects %s %s", source->name,
            name, dtypes[kind].torch_name, json_print(there, 0), graph, dtype,
            json_print(shape, 0));
}

static void check_constants(const struct weights *weights, const struct package *package)
{
    for (size_t g = 0; g < package->graph_count; g++) {
        json_t *constants = json_get(&weights->source, package->graphs[g].description,
                                          "constants", JSON_ARRAY);
        for (size_t i = 0; i < json_array_size(constants); i++)
            check_constant(weights, package->graphs[g].name,
                           json_array_get(constants, i));
    }
}

tensor_handle weights_look_up(const char *name, enum torch_dtype dtype, size_t size, void *context)
{
    struct weights *weights = context;
    const char *file = weights->source.name;
    json_t *entry = find_entry(weights, name);
    int64_t sizes[DIMENSIONS_MAX];
    uint64_t count, bytes;
    size_t kind = find_dtype(weights, json_get_text(&weights->source, entry, "dtype"));
    int64_t dimensions = read_shape(weights, entry, sizes, &count);
    uint64_t offset = read_offsets(weights, entry, &bytes);
    if (count > bytes || bytes != count * dtypes[kind].size)
        die(STATUS_PACKAGE, "%s: weight %s has %llu bytes, but its shape says %llu", file, name,
            (unsigned long long)bytes, (unsigned long long)(count * dtypes[kind].size));
    uint64_t padded = (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;  // as graphs may count
    if (dtypes[kind].dtype != dtype || (bytes != size && padded != size))
        die(STATUS_PACKAGE,
            "%s: weight %s is %s of %llu bytes, but the graph expects dtype %d of %zu", file,
            name, dtypes[kind].name, (unsigned long long)bytes, (int)dtype, size);
    const uint8_t *data = weights->place + offset;
    if ((uintptr_t)data % ALIGNMENT != 0)
        die(STATUS_PACKAGE, "%s: weight %s is not aligned to %d bytes", file, name, ALIGNMENT);
    weights->tensors =
        xreallocarray(weights->tensors, weights->count + 1, sizeof *weights->tensors);
    // Graphs do not write to their weights; the map is read-only in case one tries.
    return weights->tensors[weights->count++] =
               runtime_tensor(weights->runtime, (void *)(uintptr_t)data, dtype, dimensions, sizes);
}

struct weights *weights_open(const struct package *package, const struct runtime *runtime)
{
    const char *name = package->map.name;
    const struct archive_member *member = package->cache.weights;
    uint64_t length = member->size >= LENGTH_SIZE ? load_le64(member->data) : 0;
    if (length == 0 || length > HEADER_MAX || length > member->size - LENGTH_SIZE)
        die(STATUS_PACKAGE, "%s: weights have no usable header", name);
    struct weights *weights = xcalloc(1, sizeof *weights);
    weights->source = (struct json_source){.name = name, .status = STATUS_PACKAGE};
    weights->runtime = runtime;
    weights->header = json_parse(&weights->source, member->data + LENGTH_SIZE, length);
    weights->data = member->data + LENGTH_SIZE + length;
    weights->size = member->size - LENGTH_SIZE - length;
    weights->place = weights->data;
    check_constants(weights, package);
    return weights;
}

void weights_upload(struct weights *weights)
{
    const struct device *device = weights->runtime->device;
    void *place = device->allocate(weights->size);
    device->upload(place, weights->data, weights->size);
    weights->place = place;
}

size_t weights_size(const struct weights *weights)
{
    return weights->size;
}

void weights_close(struct weights *weights)
{
    if (weights == NULL)
        return;
    for (size_t i = 0; i < weights->count; i++)
        weights->runtime->delete_tensor_object(weights->tensors[i]);
    free(weights->tensors);
    json_decref(weights->header);
    free(weights);
}
