// SPDX-License-Identifier: BSD-2-Clause
// The bits of a row do not depend on the rows that are computed with it.

#include "config.h"

#include "check_gpu.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/memory.h"
#include "gpu/gpu.h"
#include "gpu/operators.h"
#include "runtime/own_tensors.h"

// Runs of rows that are computed apart from the others.
static const struct {
    int64_t first, count;
} runs[] = {{0, 2}, {5, 3}, {100, 17}, {31, 64}, {150, 100}, {1, 256}};

enum { RUNS = sizeof runs / sizeof *runs, ALL_ROWS = 258 };

// Returns a tensor of COUNT rows of an array [heads, 1, TOTAL, WIDTH] from FIRST on, or of a matrix
// if HEADS is 0.
static tensor_handle rows_of(const struct array *array, int64_t heads, int64_t total, int64_t width,
                             int64_t first, int64_t count)
{
    const int64_t sizes[] = {heads, 1, count, width};
    const int64_t strides[] = {total * width, total * width, width, 1};
    int skipped = heads > 0 ? 0 : 2;  // a matrix
    tensor_handle tensor;
    ck_assert_int_eq(aoti_local_create_tensor_from_blob(
                         (char *)array->device
                             + (size_t)(first * width) * element_size(array->dtype),
                         4 - skipped, sizes + skipped, strides + skipped, 0,
                         (int32_t)array->dtype, TORCH_DEVICE_CUDA, 0, &tensor),
                     0);
    return tensor;
}

// Deletes a result and returns its bytes. Free with free().
static uint8_t *take_result(tensor_handle tensor, size_t bytes)
{
    void *data;
    uint8_t *result = xmalloc(bytes);
    aoti_local_get_data_ptr(tensor, &data);
    gpu_read(result, data, bytes);
    aoti_local_delete_tensor_object(tensor);
    return result;
}

static uint8_t *multiply_rows(const struct array *left, const struct array *right,
                              const struct array *scales, int64_t first, int64_t count)
{
    const int64_t columns = scales->count, inner = right->count / columns;
    const int64_t sizes[] = {count, columns}, strides[] = {columns, 1};
    const int64_t right_sizes[] = {inner, columns}, right_strides[] = {1, inner};
    tensor_handle rows = rows_of(left, 0, 0, inner, first, count), weights, out;
    if (right->dtype == TORCH_INT8) {
        ck_assert_int_eq(
            aoti_local_cuda__weight_int8pack_mm(rows, right->tensor, scales->tensor, &out), 0);
    } else {
        aoti_local_empty_strided(2, sizes, strides, (int32_t)left->dtype, TORCH_DEVICE_CUDA, 0,
                                 &out);
        aoti_local_create_tensor_from_blob(right->device, 2, right_sizes, right_strides, 0,
                                           (int32_t)right->dtype, TORCH_DEVICE_CUDA, 0, &weights);
        ck_assert_int_eq(aoti_local_cuda_addmm_out(out, scales->tensor, rows, weights, 1, 1), 0);
        aoti_local_delete_tensor_object(weights);
    }
    aoti_local_delete_tensor_object(rows);
    return take_result(out, (size_t)(count * columns) * element_size(left->dtype));
}

static void check_runs_of_products(enum torch_dtype dtype, bool is_int8, int64_t columns,
                                      int64_t inner)
{
    const int64_t left_sizes[] = {ALL_ROWS, inner}, right_sizes[] = {columns, inner};
    const int64_t strides[] = {inner, 1}, one[] = {1};
    struct array left = array_of(dtype, 2, left_sizes, strides);
    struct array right = array_of(is_int8 ? TORCH_INT8 : dtype, 2, right_sizes, strides);
    struct array scales = array_of(dtype, 1, &columns, one);
    uint8_t *all = multiply_rows(&left, &right, &scales, 0, ALL_ROWS);
    size_t row_bytes = (size_t)columns * element_size(dtype);
    for (size_t i = 0; i < RUNS; i++) {
        uint8_t *some =
            multiply_rows(&left, &right, &scales, runs[i].first, runs[i].count);
        ck_assert_msg(memcmp(some, all + (size_t)runs[i].first * row_bytes,
                             (size_t)runs[i].count * row_bytes)
                          == 0,
                      "dtype %d, int8 %d, %ld x %ld: %ld rows have other bits", (int)dtype, is_int8,
                      (long)inner, (long)columns, (long)runs[i].count);
        free(some);
    }
    free(all);
    free_array(&left);
    free_array(&right);
    free_array(&scales);
}

START_TEST(rows_of_products_do_not_depend_on_others)
{
    static const int64_t columns[] = {40, 200, 1100, 3072}, inners[] = {72, 1152, 3072};
    for (size_t d = 0; d < 3; d++)
        for (size_t c = 0; c < 4; c++)
            for (size_t k = 0; k < 3; k++)
                for (int is_int8 = 0; is_int8 < 2; is_int8++)
                    if (columns[c] * inners[k] <= 10000000 / (share * share * share / 4 + 1))
                        check_runs_of_products(dtypes[d], is_int8 != 0, columns[c], inners[k]);
}
END_TEST

// Returns the attention of COUNT rows of a prompt from FIRST on, the last of the live cache. A row
// sees the WINDOW keys before it and its own.
static uint8_t *attend_rows(const struct array *q, const struct array *k, const struct array *v,
                            int64_t heads, int64_t total, int64_t width, int64_t window,
                            int64_t first, int64_t count)
{
    const int64_t keys = first + count, mask_sizes[] = {1, 1, count, keys};
    const int64_t mask_strides[] = {0, 0, keys, 1};
    struct array mask = array_of(q->dtype, 4, mask_sizes, mask_strides);
    tensor_handle query = rows_of(q, heads, total, width, first, count), out, none[3];
    tensor_handle key = rows_of(k, heads, total, width, 0, keys);
    tensor_handle value = rows_of(v, heads, total, width, 0, keys);
    for (int64_t r = 0; r < count; r++)
        for (int64_t i = 0; i < keys; i++)
            set(&mask, r * keys + i, i > first + r || i <= first + r - window ? -INFINITY : 0);
    update(&mask);
    ck_assert_int_eq(aoti_local_cuda__scaled_dot_product_efficient_attention(
                         query, key, value, &mask.tensor, 0, 0, 0, NULL, &out, &none[0], &none[1],
                         &none[2]),
                     0);
    aoti_local_delete_tensor_object(query);
    aoti_local_delete_tensor_object(key);
    aoti_local_delete_tensor_object(value);
    free_array(&mask);
    return take_result(out, (size_t)(heads * count * width) * element_size(q->dtype));
}

static void check_runs_of_attention(enum torch_dtype dtype, int64_t width, int64_t window)
{
    const int64_t heads = 2, total = ALL_ROWS, sizes[] = {heads, 1, total, width};
    const int64_t strides[] = {total * width, total * width, width, 1};
    struct array q = array_of(dtype, 4, sizes, strides), k = array_of(dtype, 4, sizes, strides);
    struct array v = array_of(dtype, 4, sizes, strides);
    uint8_t *all = attend_rows(&q, &k, &v, heads, total, width, window, 0, total);
    size_t row_bytes = (size_t)width * element_size(dtype);
    for (size_t i = 0; i < RUNS; i++) {
        size_t first = (size_t)runs[i].first, count = (size_t)runs[i].count;
        uint8_t *some = attend_rows(&q, &k, &v, heads, total, width, window, runs[i].first,
                                    runs[i].count);
        for (size_t h = 0; h < (size_t)heads; h++)
            ck_assert_msg(memcmp(some + h * count * row_bytes,
                                 all + (h * (size_t)total + first) * row_bytes, count * row_bytes)
                              == 0,
                          "dtype %d, width %ld, window %ld: %zu rows have other bits", (int)dtype,
                          (long)width, (long)window, count);
        free(some);
    }
    free(all);
    free_array(&q);
    free_array(&k);
    free_array(&v);
}

START_TEST(rows_of_prompts_do_not_depend_on_chunks)
{
    static const int64_t widths[] = {64, 96, 128, 256}, windows[] = {1000, 70};
    for (size_t d = 0; d < 3; d++)
        for (size_t w = 0; w < 4; w++)
            for (size_t i = 0; i < 2; i++)
                check_runs_of_attention(dtypes[d], widths[w], windows[i]);
}
END_TEST

void add_rows(Suite *suite)
{
    add_case(suite, "rows", rows_of_products_do_not_depend_on_others,
             rows_of_prompts_do_not_depend_on_chunks);
}
