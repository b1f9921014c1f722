// SPDX-License-Identifier: BSD-2-Clause
// Our kernels for GPUs against plain loops. Skipped where there is no GPU.

#include "config.h"

#include "check_gpu.h"

#include <check.h>
#include <dlfcn.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/diagnostics.h"
#include "common/memory.h"
#include "gpu/gpu.h"
#include "gpu/operators.h"
#include "runtime/convert.h"
#include "runtime/own_tensors.h"

enum { SKIPPED = 77 };

const enum torch_dtype dtypes[DTYPES] = {TORCH_BFLOAT16, TORCH_FLOAT16, TORCH_FLOAT32};

// Returns the largest error of a result, relative to the sum of the sizes of its terms.
static double tolerance(enum torch_dtype dtype)
{
    return dtype == TORCH_BFLOAT16 ? 1.0 / 128 : dtype == TORCH_FLOAT16 ? 1.0 / 1024 : 1e-5;
}

int64_t share = 1;

static uint16_t narrow(enum torch_dtype dtype, float value)
{
    uint16_t result;
    element_from_float(dtype, &result, 0, value);
    return result;
}

void set(struct array *array, int64_t i, float value)
{
    if (array->dtype == TORCH_FLOAT32)
        memcpy(array->host + i * 4, &value, 4);
    else if (array->dtype == TORCH_INT8)
        array->host[i] = (uint8_t)(int8_t)value;
    else {
        uint16_t half = narrow(array->dtype, value);
        memcpy(array->host + i * 2, &half, 2);
    }
}

float get(const struct array *array, int64_t i)
{
    return array->dtype == TORCH_INT8 ? (float)(int8_t)array->host[i]
                                      : element_to_float(array->dtype, array->host, i);
}

float random_value(void)
{
    return (float)drand48() * 2 - 1;
}

struct array array_of(enum torch_dtype dtype, int64_t dimensions, const int64_t *sizes,
                             const int64_t *strides)
{
    struct array array = {.count = 1, .dtype = dtype};
    for (int64_t i = 0; i < dimensions; i++)
        array.count += (sizes[i] - 1) * strides[i];
    size_t bytes = (size_t)array.count * element_size(dtype);
    array.host = xmalloc(bytes);
    for (int64_t i = 0; i < array.count; i++)
        set(&array, i, dtype == TORCH_INT8 ? roundf(random_value() * 127) : random_value());
    array.device = gpu_allocate(bytes);
    gpu_write(array.device, array.host, bytes);
    ck_assert_int_eq(aoti_local_create_tensor_from_blob(array.device, dimensions, sizes, strides, 0,
                                                        (int32_t)dtype, TORCH_DEVICE_CUDA, 0,
                                                        &array.tensor),
                     0);
    return array;
}

void update(struct array *array)
{
    gpu_write(array->device, array->host, (size_t)array->count * element_size(array->dtype));
}

static void fetch(struct array *array)
{
    gpu_read(array->host, array->device, (size_t)array->count * element_size(array->dtype));
}

void free_array(struct array *array)
{
    aoti_local_delete_tensor_object(array->tensor);
    gpu_release(array->device);
    free(array->host);
}

void add_case(Suite *suite, const char *name, const TTest *first, const TTest *second)
{
    const TTest *const tests[] = {first, second};
    TCase *test_case = tcase_create(name);
    tcase_set_timeout(test_case, 300);
    for (size_t i = 0; i < 2 && tests[i] != NULL; i++)
        tcase_add_test(test_case, tests[i]);
    suite_add_tcase(suite, test_case);
}

// One product of the given sizes; the right side transposed, as weights are, or not.
static void check_product(enum torch_dtype dtype, int64_t rows, int64_t columns, int64_t inner,
                          bool is_transposed, bool is_int8, bool has_addend)
{
    const int64_t left_sizes[] = {rows, inner}, left_strides[] = {inner, 1};
    const int64_t right_sizes[] = {inner, columns}, out_sizes[] = {rows, columns};
    const int64_t right_strides[] = {is_transposed ? 1 : columns, is_transposed ? inner : 1};
    const int64_t packed_sizes[] = {columns, inner}, packed_strides[] = {inner, 1};
    const int64_t out_strides[] = {columns, 1}, one[] = {1};
    struct array left = array_of(dtype, 2, left_sizes, left_strides);
    struct array right = is_int8 ? array_of(TORCH_INT8, 2, packed_sizes, packed_strides)
                                 : array_of(dtype, 2, right_sizes, right_strides);
    struct array addend = array_of(dtype, 1, &columns, one);
    struct array out = array_of(dtype, 2, out_sizes, out_strides);
    tensor_handle result = NULL;
    if (is_int8) {
        ck_assert_int_eq(aoti_local_cuda__weight_int8pack_mm(left.tensor, right.tensor,
                                                             addend.tensor, &result),
                         0);
        void *data;
        aoti_local_get_data_ptr(result, &data);
        gpu_copy(out.device, data, (size_t)out.count * element_size(dtype));
    } else if (has_addend) {
        ck_assert_int_eq(aoti_local_cuda_addmm_out(out.tensor, addend.tensor, left.tensor,
                                                   right.tensor, 0.5, 2),
                         0);
    } else {
        ck_assert_int_eq(aoti_local_cuda_mm_out(out.tensor, left.tensor, right.tensor), 0);
    }
    fetch(&out);
    for (int64_t r = 0; r < rows; r++)
        for (int64_t c = 0; c < columns; c++) {
            double sum = 0, size = 0;
            for (int64_t k = 0; k < inner; k++) {
                int64_t at = is_int8 ? c * inner + k : k * right_strides[0] + c * right_strides[1];
                double term = (double)get(&left, r * inner + k) * (double)get(&right, at);
                sum += term;
                size += fabs(term);
            }
            double scale = is_int8 ? get(&addend, c) : has_addend ? 2 : 1;
            double expected = sum * scale + (has_addend && !is_int8 ? 0.5 * get(&addend, c) : 0);
            double found = get(&out, r * columns + c);
            ck_assert_msg(fabs(found - expected)
                              <= tolerance(dtype)
                                     * (fabs(expected) + 0.02 * size * fabs(scale) + 1e-6),
                          "dtype %d, %ld x %ld x %ld at %ld, %ld: %g, not %g", (int)dtype,
                          (long)rows, (long)inner, (long)columns, (long)r, (long)c, found,
                          expected);
        }
    aoti_local_delete_tensor_object(result);
    free_array(&left);
    free_array(&right);
    free_array(&addend);
    free_array(&out);
}

START_TEST(products_equal_loops)
{
    static const int64_t rows[] = {1, 2, 17, 65, 130}, columns[] = {1, 40, 200, 1100};
    static const int64_t inners[] = {8, 64, 72, 1024, 1160, 3072};
    for (size_t d = 0; d < 3; d++)
        for (size_t r = 0; r < 5; r++)
            for (size_t c = 0; c < 4; c++)
                for (size_t k = 0; k < 6; k++) {
                    if (rows[r] * columns[c] * inners[k] > 5000000 / share)
                        continue;
                    check_product(dtypes[d], rows[r], columns[c], inners[k], true, false, false);
                    check_product(dtypes[d], rows[r], columns[c], inners[k], true, false, true);
                    check_product(dtypes[d], rows[r], columns[c], inners[k], true, true, false);
                }
}
END_TEST

// Enough columns for each tile that products of many rows have to be the fastest, on a GPU of 132
// multiprocessors and on the stand-in, which has 4.
START_TEST(large_tiles_equal_loops)
{
    static const int64_t rows[] = {20, 40, 70, 130, 250};
    for (size_t r = 0; r < 5; r++) {
        const int64_t columns = share == 1 ? 17000 : 1100;
        check_product(TORCH_BFLOAT16, rows[r], columns, 72, true, false, false);
        check_product(TORCH_FLOAT16, rows[r], columns, 80, true, true, false);
    }
}
END_TEST

START_TEST(products_take_other_strides)
{
    for (size_t d = 0; d < 3; d++) {
        check_product(dtypes[d], 1, 30, 50, false, false, false);
        check_product(dtypes[d], 5, 31, 53, false, false, true);
        check_product(dtypes[d], 70, 66, 33, true, false, false);
    }
}
END_TEST

// The reference: out [heads, rows, width], all in double.
static void attend(const struct array *q, const struct array *k, const struct array *v,
                   const struct array *mask, const int64_t sizes[4], double *out)
{
    int64_t heads = sizes[0], rows = sizes[1], keys = sizes[2], width = sizes[3];
    double *weights = xcalloc((size_t)keys, sizeof *weights);
    for (int64_t h = 0; h < heads; h++)
        for (int64_t r = 0; r < rows; r++) {
            double top = -HUGE_VAL, sum = 0;
            for (int64_t i = 0; i < keys; i++) {
                double dot = 0;
                for (int64_t e = 0; e < width; e++)
                    dot += (double)get(q, (h * rows + r) * width + e)
                           * (double)get(k, (h * keys + i) * width + e);
                weights[i] = dot / sqrt((double)width) + (double)get(mask, r * keys + i);
                top = fmax(top, weights[i]);
            }
            for (int64_t i = 0; i < keys; i++)
                sum += weights[i] = top > -HUGE_VAL ? exp(weights[i] - top) : 0;
            for (int64_t e = 0; e < width; e++) {
                double mixed = 0;
                for (int64_t i = 0; i < keys; i++)
                    mixed += weights[i] * (double)get(v, (h * keys + i) * width + e);
                out[(h * rows + r) * width + e] = sum > 0 ? mixed / sum : 0;
            }
        }
    free(weights);
}

// Keys from LIVE on are hidden, and a quarter of the others, in runs; the first row may see none.
static void hide(struct array *mask, int64_t rows, int64_t keys, int64_t first, int64_t live)
{
    for (int64_t r = 0; r < rows; r++)
        for (int64_t i = 0; i < keys; i++)
            if (i < first || i >= live || (i / 16 + r) % 4 == 3 || (r == 0 && live < 3))
                set(mask, r * keys + i, -INFINITY);
    update(mask);
}

// Writes the key of the first head at POSITION by a product, like a step.
static void write_key(struct array *k, int64_t position, int64_t width)
{
    const int64_t inner = 2048, left_sizes[] = {1, inner}, right_sizes[] = {inner, width};
    const int64_t left_strides[] = {inner, 1}, right_strides[] = {1, inner};
    const int64_t out_sizes[] = {1, width}, out_strides[] = {width, 1};
    struct array left = array_of(k->dtype, 2, left_sizes, left_strides);
    struct array right = array_of(k->dtype, 2, right_sizes, right_strides);
    tensor_handle out;
    aoti_local_create_tensor_from_blob((char *)k->device
                                           + (size_t)(position * width) * element_size(k->dtype),
                                       2, out_sizes, out_strides, 0, (int32_t)k->dtype,
                                       TORCH_DEVICE_CUDA, 0, &out);
    ck_assert_int_eq(aoti_local_cuda_mm_out(out, left.tensor, right.tensor), 0);
    aoti_local_delete_tensor_object(out);
    free_array(&left);
    free_array(&right);
}

// With IS_STEP the last live key is written right before.
static void check_attention(enum torch_dtype dtype, int64_t rows, int64_t keys, int64_t width,
                            int64_t first, int64_t live, bool is_step)
{
    const int64_t heads = 3, sizes[] = {heads, rows, keys, width};
    const int64_t q_sizes[] = {heads, 1, rows, width};
    const int64_t q_strides[] = {rows * width, rows * width, width, 1};
    const int64_t k_sizes[] = {heads, 1, keys, width};
    const int64_t k_strides[] = {keys * width, keys * width, width, 1};
    const int64_t mask_sizes[] = {1, 1, rows, keys}, mask_strides[] = {0, 0, keys, 1};
    struct array q = array_of(dtype, 4, q_sizes, q_strides);
    struct array k = array_of(dtype, 4, k_sizes, k_strides);
    struct array v = array_of(dtype, 4, k_sizes, k_strides);
    struct array mask = array_of(dtype, 4, mask_sizes, mask_strides);
    double *expected = xcalloc((size_t)(heads * rows * width), sizeof *expected);
    tensor_handle out, none[3];
    hide(&mask, rows, keys, first, live);
    const int64_t position = live - 1;
    int64_t *written = gpu_allocate(sizeof *written);
    gpu_write(written, &position, sizeof position);
    if (is_step) {
        write_key(&k, position, width);
        gpu_step_writes(written);
    }
    ck_assert_int_eq(aoti_local_cuda__scaled_dot_product_efficient_attention(
                         q.tensor, k.tensor, v.tensor, &mask.tensor, 0, 0, 0, NULL, &out, &none[0],
                         &none[1], &none[2]),
                     0);
    gpu_step_writes(NULL);
    fetch(&k);
    attend(&q, &k, &v, &mask, sizes, expected);
    void *data;
    aoti_local_get_data_ptr(out, &data);
    gpu_copy(q.device, data, (size_t)q.count * element_size(dtype));
    fetch(&q);
    for (int64_t i = 0; i < q.count; i++)
        ck_assert_msg(fabs((double)get(&q, i) - expected[i]) <= tolerance(dtype) * 1.5,
                      "dtype %d, %ld rows, %ld of %ld keys, width %ld, at %ld: %g, not %g",
                      (int)dtype, (long)rows, (long)live, (long)keys, (long)width, (long)i,
                      (double)get(&q, i), expected[i]);
    aoti_local_delete_tensor_object(out);
    gpu_release(written);
    free(expected);
    free_array(&q);
    free_array(&k);
    free_array(&v);
    free_array(&mask);
}

START_TEST(attention_equals_loops)
{
    static const int64_t rows[] = {1, 3, 7, 9, 40}, widths[] = {16, 24, 64, 96, 128, 256};
    static const struct {
        int64_t keys, first, live;
    } lengths[] = {{1, 0, 1},       {5, 0, 2},         {64, 0, 64},      {200, 0, 70},
                   {1000, 0, 999},  {3000, 0, 2990},   {3000, 1100, 2300}, {9000, 0, 130}};
    const size_t length_count = sizeof lengths / sizeof *lengths;
    for (size_t d = 0; d < 3; d++)
        for (size_t r = 0; r < 5; r++)
            for (size_t w = 0; w < 6; w++)
                for (size_t k = 0; k < length_count; k++) {
                    if (rows[r] * lengths[k].keys * widths[w] > 4000000 / share)
                        continue;
                    for (int is_step = 0; is_step < 2; is_step++)
                        check_attention(dtypes[d], rows[r], lengths[k].keys, widths[w],
                                        lengths[k].first, lengths[k].live, is_step != 0);
                }
}
END_TEST

static Suite *gpu_suite(void)
{
    Suite *suite = suite_create("gpu");
    add_case(suite, "products", products_equal_loops, products_take_other_strides);
    add_case(suite, "tiles", large_tiles_equal_loops, NULL);
    add_case(suite, "attention", attention_equals_loops, NULL);
    add_rows(suite);
    add_picks(suite);
    return suite;
}

static bool has_gpu(void)
{
    void *library = dlopen("libcuda.so.1", RTLD_NOW);
    int (*init)(unsigned) = library != NULL ? (int (*)(unsigned))dlsym(library, "cuInit") : NULL;
    return init != NULL && init(0) == 0;
}

int main(void)
{
    if (!has_gpu()) {
        warn("skipped: there is no GPU");
        return SKIPPED;
    }
    diagnostics_init("check_gpu");
    gpu_open_begin(0);
    gpu_open_end();
    gpu_use_tensors();
    if (strcmp(gpu_describe().name, "Stand-in") == 0)
        share = 40;
    SRunner *runner = srunner_create(gpu_suite());
    srunner_set_fork_status(runner, CK_NOFORK);  // a GPU does not survive a fork
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
