// SPDX-License-Identifier: BSD-2-Clause

#include "config.h"

#include "torch_tensors.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/convert.h"

enum { DIMENSIONS = 4 };

static uint64_t state;

void draw_from(uint64_t seed)
{
    state = seed;
}

uint64_t draw(void)
{
    state = state * 6364136223846793005u + 1442695040888963407u;
    return state >> 33;
}

int64_t between(int64_t low, int64_t high)
{
    return low + (int64_t)(draw() % (uint64_t)(high - low + 1));
}

bool chance(int of)
{
    return draw() % (uint64_t)of == 0;
}

static float value(void)
{
    return (float)((double)draw() / 0x1p30 - 1);
}

enum torch_dtype float_dtype(void)
{
    static const enum torch_dtype dtypes[] = {TORCH_FLOAT32, TORCH_BFLOAT16, TORCH_FLOAT16};
    return dtypes[draw() % 3];
}

struct runtime libtorch;

void open_libtorch(void)
{
    libtorch = runtime_open_torch();
}

struct tensor look_at(tensor_handle handle)
{
    struct tensor t = {.handle = handle};
    void *data;
    ck_assert_int_eq(libtorch.get_data_ptr(handle, &data), 0);
    ck_assert_int_eq(libtorch.get_dim(handle, &t.dimensions), 0);
    ck_assert_int_eq(libtorch.get_sizes(handle, &t.sizes), 0);
    ck_assert_int_eq(libtorch.get_strides(handle, &t.strides), 0);
    ck_assert_int_eq(libtorch.get_dtype(handle, &t.dtype), 0);
    t.data = data;
    return t;
}

void drop(struct tensor *tensors, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (tensors[i].handle != NULL)
            libtorch.delete_tensor_object(tensors[i].handle);
        free(tensors[i].memory);
    }
}

int64_t count_of(const struct tensor *t)
{
    int64_t count = 1;
    for (int64_t i = 0; i < t->dimensions; i++)
        count *= t->sizes[i];
    return count;
}

struct tensor make_tensor(int64_t dimensions, const int64_t *sizes, enum torch_dtype dtype,
                          const int *order, int64_t gap)
{
    int64_t strides[DIMENSIONS], stride = 1, first = between(0, 5), offset = between(0, 5);
    size_t size = element_size(dtype);
    for (int64_t i = dimensions; i-- > 0;) {
        strides[order[i]] = stride;
        stride *= sizes[order[i]] + between(0, gap);
    }
    char *memory = calloc((size_t)(first + offset + stride + 1), size);
    for (int64_t i = 0; i < stride; i++)
        if (dtype == TORCH_INT8)
            ((int8_t *)memory)[first + offset + i] = (int8_t)between(-127, 127);
        else if (dtype == TORCH_UINT8)
            ((uint8_t *)memory)[first + offset + i] = (uint8_t)draw();
        else
            element_from_float(dtype, memory, first + offset + i, value());
    tensor_handle handle;
    ck_assert_int_eq(libtorch.create_tensor_from_blob_v2(
                         memory + (size_t)first * size, dimensions, sizes, strides, offset,
                         (int32_t)dtype, TORCH_DEVICE_CPU, 0, &handle, TORCH_LAYOUT_STRIDED, NULL,
                         0),
                     0);
    struct tensor tensor = look_at(handle);
    tensor.memory = memory;
    return tensor;
}

const int in_order[] = {0, 1, 2, 3};

struct tensor make_dense(int64_t dimensions, const int64_t *sizes, enum torch_dtype dtype)
{
    return make_tensor(dimensions, sizes, dtype, in_order, 0);
}

struct tensor make_matrices(int64_t dimensions, const int64_t *sizes, enum torch_dtype dtype)
{
    static const int orders[][2][3] = {{{0, 1}, {1, 0}}, {{0, 1, 2}, {0, 2, 1}}};
    return make_tensor(dimensions, sizes, dtype, orders[dimensions - 2][draw() % 2],
                       chance(2) ? 3 : 0);
}

struct tensor aligned_copy(const struct tensor *t)
{
    enum { ALIGNMENT = 64 };
    size_t bytes = (size_t)count_of(t) * element_size((enum torch_dtype)t->dtype);
    void *memory = aligned_alloc(ALIGNMENT, (bytes / ALIGNMENT + 1) * ALIGNMENT);
    memcpy(memory, t->data, bytes);
    tensor_handle handle = runtime_tensor(&libtorch, memory, (enum torch_dtype)t->dtype,
                                          t->dimensions, t->sizes);
    struct tensor copy = look_at(handle);
    copy.memory = memory;
    return copy;
}

struct tensor expand_row(const struct tensor *matrix, int64_t rows)
{
    const int64_t sizes[] = {rows, matrix->sizes[1]}, strides[] = {0, matrix->strides[1]};
    tensor_handle handle;
    ck_assert_int_eq(libtorch.create_tensor_from_blob_v2(
                         matrix->data, 2, sizes, strides, 0, matrix->dtype, TORCH_DEVICE_CPU, 0,
                         &handle, TORCH_LAYOUT_STRIDED, NULL, 0),
                     0);
    return look_at(handle);
}

int64_t place_of(const struct tensor *t, int64_t index)
{
    int64_t place = 0;
    for (int64_t i = t->dimensions; i-- > 0; index /= t->sizes[i])
        place += index % t->sizes[i] * t->strides[i];
    return place;
}

float get(const struct tensor *t, int64_t index)
{
    return element_to_float((enum torch_dtype)t->dtype, t->data, place_of(t, index));
}

void spoil(const struct tensor *t)
{
    static const float numbers[] = {NAN, INFINITY, -INFINITY};
    if (chance(4) && count_of(t) > 0)
        element_from_float((enum torch_dtype)t->dtype, t->data,
                           place_of(t, between(0, count_of(t) - 1)), numbers[draw() % 3]);
}
