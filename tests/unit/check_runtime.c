// SPDX-License-Identifier: BSD-2-Clause
// The operators of src/runtime at every level of this CPU, against plain loops in double precision,
// and the builtin tensors.

#include "config.h"

#include <check.h>
#include <dlfcn.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/compute.h"
#include "runtime/convert.h"
#include "runtime/cpu.h"
#include "runtime/operators.h"
#include "runtime/own.h"
#include "runtime/own_tensors.h"
#include "runtime/parallel.h"
#include "runtime/scratch.h"

enum { ROUNDS = 60, MARGIN = 3 };

static uint64_t state = 1;

// The number of random products of each kind; half as many attentions are drawn. AOTI_KERNEL_ROUNDS
// if set, since an emulator is slow.
static int rounds(void)
{
    const char *text = getenv("AOTI_KERNEL_ROUNDS");
    return text != NULL ? atoi(text) : ROUNDS;
}

static uint64_t draw(void)
{
    state = state * 6364136223846793005u + 1442695040888963407u;
    return state >> 33;
}

static int64_t between(int64_t low, int64_t high)
{
    return low + (int64_t)(draw() % (uint64_t)(high - low + 1));
}

static float value(void)
{
    return (float)((double)draw() / 0x1p30 - 1);
}

// Makes a matrix with its own memory, at an odd address, with gaps, row-major or column-major.
static struct matrix make_matrix(int64_t rows, int64_t columns, enum torch_dtype dtype,
                                 void **memory)
{
    int64_t gap = between(0, 3), first = between(0, MARGIN);
    bool transposed = draw() % 2;
    int64_t count = (rows + 4) * (columns + 4) + first;
    size_t size = element_size(dtype);
    struct matrix matrix = {
        .row_stride = transposed ? 1 : columns + gap,
        .column_stride = transposed ? rows + gap : 1,
        .dtype = dtype,
    };
    *memory = malloc((size_t)count * size);
    for (int64_t i = 0; i < count; i++)
        if (dtype == TORCH_INT8)
            ((int8_t *)*memory)[i] = (int8_t)between(-127, 127);
        else
            element_from_float(dtype, *memory, i, value());
    matrix.data = (char *)*memory + (size_t)first * size;
    return matrix;
}

static float at(const struct matrix *m, int64_t row, int64_t column)
{
    return element_to_float(m->dtype, m->data, row * m->row_stride + column * m->column_stride);
}

// Returns an element of the right side of a product, whatever its type.
static double right_at(const struct product *p, int64_t k, int64_t column)
{
    const struct groups *g = &p->groups;
    if (p->right.dtype != TORCH_UINT8)
        return at(&p->right, k, column);
    int64_t half = g->block / 2, block = column / g->block, inside = column % g->block;
    const uint8_t *bytes = p->right.data;
    int byte = bytes[block * p->inner * half + k * half + inside % half];
    int64_t pair = 2 * (k / g->size * p->columns + column);
    return ((inside < half ? byte & 15 : byte >> 4) - 8)
               * (double)element_to_float(g->dtype, g->scales_and_zeros, pair)
           + (double)element_to_float(g->dtype, g->scales_and_zeros, pair + 1);
}

static void set(const struct matrix *m, int64_t row, int64_t column, float to)
{
    element_from_float(m->dtype, m->data, row * m->row_stride + column * m->column_stride, to);
}

// Relative to the sum of magnitudes: 1e-5 in float32, plus one rounding in narrow types.
static double tolerance(enum torch_dtype dtype, double result, double magnitudes)
{
    double rounding = dtype == TORCH_BFLOAT16 ? 0x1p-8 : dtype == TORCH_FLOAT16 ? 0x1p-11 : 0;
    return 1e-5 * magnitudes + rounding * fabs(result) + 1e-7;
}

static void compare(double got, double wanted, double magnitudes, enum torch_dtype dtype,
                    const char *what)
{
    if (isnan(wanted) || isinf(wanted)) {
        ck_assert_msg(isnan(wanted) ? isnan(got) : got == wanted, "%s: %g, not %g", what, got,
                      wanted);
        return;
    }
    ck_assert_msg(fabs(got - wanted) <= tolerance(dtype, wanted, magnitudes),
                  "%s: %.9g, not %.9g", what, got, wanted);
}

static void check_product(const struct product *p, const struct matrix *before, const char *what)
{
    for (int64_t i = 0; i < p->rows; i++)
        for (int64_t j = 0; j < p->columns; j++) {
            double sum = 0, magnitudes = 0;
            double scale = p->column_scales.data != NULL ? at(&p->column_scales, 0, j) : 1;
            for (int64_t k = 0; k < p->inner; k++) {
                double term = (double)at(&p->left, i, k) * right_at(p, k, j) * scale;
                sum += term;
                magnitudes += fabs(term);
            }
            sum *= (double)p->alpha;
            if (p->addend.data != NULL)
                sum += (double)p->beta * at(before, i, j);
            compare(at(&p->result, i, j), sum, magnitudes + fabs(sum), p->result.dtype, what);
        }
}

static void one_product(const struct kernels *kernels, enum torch_dtype dtype, bool int8)
{
    bool few = draw() % 2, wide = draw() % 8 == 0;
    struct product p = {
        .rows = few ? between(1, 6) : between(7, wide ? 230 : 330),
        .columns = between(1, 90),
        .inner = wide ? between(500, 2300) : between(1, 90),
        .alpha = draw() % 2 ? 1 : 0.5f,
    };
    void *memory[5];
    p.left = make_matrix(p.rows, p.inner, dtype, &memory[0]);
    p.right = make_matrix(p.inner, p.columns, int8 ? TORCH_INT8 : dtype, &memory[1]);
    p.result = make_matrix(p.rows, p.columns, dtype, &memory[2]);
    struct matrix addend = make_matrix(p.rows, p.columns, dtype, &memory[3]);
    struct matrix scales = make_matrix(1, p.columns, dtype, &memory[4]);
    if (draw() % 2) {
        p.beta = draw() % 2 ? 1 : -0.25f;
        p.addend = addend;
    }
    if (int8)
        p.column_scales = scales;
    if (draw() % 4 == 0)
        set(&p.left, between(0, p.rows - 1), between(0, p.inner - 1),
            draw() % 2 ? NAN : INFINITY);
    char what[128];
    snprintf(what, sizeof what, "%s %s [%lld, %lld] x [%lld, %lld]", kernels->name,
             int8 ? "int8" : dtype == TORCH_FLOAT32 ? "float32" : dtype == TORCH_BFLOAT16
             ? "bfloat16" : "float16", (long long)p.rows, (long long)p.inner, (long long)p.inner,
             (long long)p.columns);
    compute_product(kernels, &p);
    check_product(&p, &addend, what);
    for (size_t i = 0; i < sizeof memory / sizeof *memory; i++)
        free(memory[i]);
}

static void one_int4_product(const struct kernels *kernels, enum torch_dtype dtype)
{
    int64_t size = 32 << between(0, 3), block = draw() % 2 ? 64 : 32;
    struct product p = {
        .rows = draw() % 2 ? between(1, 6) : between(7, 430),
        .columns = block * between(1, 3),
        .inner = size * between(1, 1200 / size),
        .alpha = 1,
    };
    int64_t pairs = 2 * p.inner / size * p.columns;
    void *memory[2], *groups = malloc((size_t)pairs * element_size(dtype));
    uint8_t *bytes = malloc((size_t)(p.columns * p.inner / 2));
    for (int64_t i = 0; i < pairs; i++)
        element_from_float(dtype, groups, i, value());
    for (int64_t i = 0; i < p.columns * p.inner / 2; i++)
        bytes[i] = (uint8_t)draw();
    p.left = make_matrix(p.rows, p.inner, dtype, &memory[0]);
    p.result = make_matrix(p.rows, p.columns, dtype, &memory[1]);
    p.right = (struct matrix){bytes, 0, 0, TORCH_UINT8};
    p.groups = (struct groups){size, block, groups, dtype};
    char what[128];
    snprintf(what, sizeof what, "%s int4, dtype %d, [%lld, %lld] x [, %lld] by %lld, blocks %lld",
             kernels->name, (int)dtype, (long long)p.rows, (long long)p.inner,
             (long long)p.columns, (long long)size, (long long)block);
    compute_product(kernels, &p);
    check_product(&p, NULL, what);
    free(memory[0]);
    free(memory[1]);
    free(groups);
    free(bytes);
}

START_TEST(test_products)
{
    static const enum torch_dtype dtypes[] = {TORCH_FLOAT32, TORCH_BFLOAT16, TORCH_FLOAT16};
    const struct kernels *kernels = cpu_kernels((size_t)_i);
    state = 7 + (uint64_t)_i;
    for (int round = 0; kernels != NULL && round < rounds(); round++)
        for (size_t i = 0; i < sizeof dtypes / sizeof *dtypes; i++) {
            one_product(kernels, dtypes[i], false);
            one_product(kernels, dtypes[i], true);
            one_int4_product(kernels, dtypes[i]);
        }
}
END_TEST

// Makes a tensor with dimensions in random order and gaps between them.
static struct cube make_cube(const int64_t sizes[4], enum torch_dtype dtype, void **memory)
{
    static const int orders[][4] = {{0, 1, 2, 3}, {0, 2, 1, 3}, {0, 1, 3, 2}};
    const int *order = orders[draw() % 3];
    struct cube cube = {.dtype = dtype};
    int64_t stride = 1;
    for (int i = 3; i >= 0; i--) {
        cube.strides[order[i]] = stride;
        stride *= sizes[order[i]] + between(0, 1);
    }
    *memory = malloc((size_t)stride * element_size(dtype));
    for (int64_t i = 0; i < stride; i++)
        element_from_float(dtype, *memory, i, 2 * value());
    cube.data = *memory;
    return cube;
}

static float cube_value(const struct cube *c, int64_t i, int64_t j, int64_t k, int64_t l)
{
    int64_t index = i * c->strides[0] + j * c->strides[1] + k * c->strides[2] + l * c->strides[3];
    if (c->dtype == TORCH_BOOL)
        return ((const uint8_t *)c->data)[index] ? 0 : -INFINITY;
    return element_to_float(c->dtype, c->data, index);
}

// Checks one row of attention in double precision.
static void check_row(const struct attention *a, int64_t b, int64_t h, int64_t row,
                      const char *what)
{
    double *weights = calloc((size_t)a->keys, sizeof *weights), maximum = -INFINITY, sum = 0;
    for (int64_t n = 0; n < a->keys; n++) {
        double score = 0;
        for (int64_t d = 0; d < a->width; d++)
            score += (double)cube_value(&a->query, b, h, row, d)
                     * cube_value(&a->key, b, h / a->group, n, d);
        score *= (double)a->scale;
        if (a->mask.data != NULL)
            score += cube_value(&a->mask, b, h, row, n);
        weights[n] = a->causal && n > row ? -INFINITY : score;
        maximum = weights[n] > maximum ? weights[n] : maximum;
    }
    for (int64_t n = 0; n < a->keys; n++)
        sum += weights[n] = weights[n] == -INFINITY ? 0 : exp(weights[n] - maximum);
    for (int64_t d = 0; d < a->width; d++) {
        double result = 0;
        for (int64_t n = 0; n < a->keys; n++)
            result += weights[n] * cube_value(&a->value, b, h / a->group, n, d);
        result = sum == 0 ? 0 : result / sum;
        compare(cube_value(&a->result, b, h, row, d), result, 2, a->result.dtype, what);
    }
    if (sum != 0)
        compare(cube_value(&a->log_sum_exp, b, h, row, 0), maximum + log(sum),
                10 + fabs(maximum), TORCH_FLOAT32, what);
    free(weights);
}

// Makes a mask of numbers or of bits, or the mask of a decoder: all keys up to one that increases
// row by row. Row 1 sees nothing.
static void *make_mask(struct attention *a, enum torch_dtype dtype)
{
    void *memory;
    bool is_bool = draw() % 2, is_decoder = draw() % 2;
    int64_t last = between(0, 140);
    const int64_t sizes[4] = {1, 1, a->rows, a->keys};
    a->mask = make_cube(sizes, dtype, &memory);
    a->mask.strides[0] = a->mask.strides[1] = 0;
    if (is_bool)
        a->mask.dtype = TORCH_BOOL;
    for (int64_t i = 0; i < a->rows; i++)
        for (int64_t n = 0; n < a->keys; n++) {
            int64_t at = i * a->mask.strides[2] + n * a->mask.strides[3];
            bool hidden = i == 1 || (is_decoder ? n > last + i : draw() % 3 == 0);
            if (is_bool)
                ((uint8_t *)memory)[at] = !hidden;
            else if (hidden || is_decoder)
                element_from_float(dtype, memory, at, hidden ? -INFINITY : 0);
        }
    return memory;
}

static void one_attention(const struct kernels *kernels, enum torch_dtype dtype)
{
    int64_t kv_heads = between(1, 3);
    struct attention a = {
        .batches = between(1, 2),
        .group = between(1, 2),
        .rows = draw() % 2 ? between(1, 5) : between(1, 120),
        .keys = draw() % 2 ? between(1, 20) : between(60, 200),
        .width = draw() % 2 ? 64 * between(1, 2) : between(1, 9) * (draw() % 2 ? 8 : 3),
        .scale = 0.3f,
    };
    a.heads = kv_heads * a.group;
    const int64_t rows[4] = {a.batches, a.heads, a.rows, a.width};
    const int64_t keys[4] = {a.batches, kv_heads, a.keys, a.width};
    const int64_t sums[4] = {a.batches, a.heads, a.rows, 1};
    void *memory[6] = {NULL};
    a.query = make_cube(rows, dtype, &memory[0]);
    a.key = make_cube(keys, dtype, &memory[1]);
    a.value = make_cube(keys, dtype, &memory[2]);
    a.result = make_cube(rows, dtype, &memory[3]);
    a.log_sum_exp = make_cube(sums, TORCH_FLOAT32, &memory[4]);
    a.causal = draw() % 3 == 0;
    if (draw() % 2)
        memory[5] = make_mask(&a, dtype);
    char what[128];
    snprintf(what, sizeof what, "%s attention %lld rows %lld keys %lld wide%s%s", kernels->name,
             (long long)a.rows, (long long)a.keys, (long long)a.width, a.causal ? " causal" : "",
             a.mask.data != NULL ? " masked" : "");
    compute_attention(kernels, &a);
    for (int64_t b = 0; b < a.batches; b++)
        for (int64_t h = 0; h < a.heads; h++)
            for (int64_t row = 0; row < a.rows; row++)
                check_row(&a, b, h, row, what);
    for (size_t i = 0; i < sizeof memory / sizeof *memory; i++)
        free(memory[i]);
}

START_TEST(test_attention)
{
    const struct kernels *kernels = cpu_kernels((size_t)_i);
    state = 70 + (uint64_t)_i;
    for (int round = 0; kernels != NULL && 2 * round < rounds(); round++) {
        one_attention(kernels, TORCH_FLOAT32);
        one_attention(kernels, TORCH_BFLOAT16);
        one_attention(kernels, TORCH_FLOAT16);
    }
}
END_TEST

// The same bits with any number of threads.
START_TEST(test_threads)
{
    const struct kernels *kernels = cpu_choose_kernels();
    enum { ROWS = 70, COLUMNS = 300, INNER = 900 };
    float *left = malloc(sizeof(float) * ROWS * INNER);
    float *right = malloc(sizeof(float) * COLUMNS * INNER);
    float *results[2];
    for (int i = 0; i < ROWS * INNER; i++)
        left[i] = value();
    for (int i = 0; i < COLUMNS * INNER; i++)
        right[i] = value();
    for (unsigned i = 0; i < 2; i++) {
        results[i] = malloc(sizeof(float) * ROWS * COLUMNS);
        parallel_configure(1 + 3 * i);
        parallel_open();
        // Many rows, then one, which is the last row of the results.
        for (int64_t rows = ROWS - 1; rows > 0; rows -= ROWS - 2) {
            struct product p = {.rows = rows, .columns = COLUMNS, .inner = INNER, .alpha = 1};
            p.left = (struct matrix){left, INNER, 1, TORCH_FLOAT32};
            p.right = (struct matrix){right, 1, INNER, TORCH_FLOAT32};
            float *first = results[i] + (rows == 1 ? ROWS - 1 : 0) * COLUMNS;
            p.result = (struct matrix){first, COLUMNS, 1, TORCH_FLOAT32};
            compute_product(kernels, &p);
        }
    }
    ck_assert_int_eq(memcmp(results[0], results[1], sizeof(float) * ROWS * COLUMNS), 0);
    free(left);
    free(right);
    free(results[0]);
    free(results[1]);
    scratch_free();
}
END_TEST

START_TEST(test_narrow_numbers)
{
    for (uint32_t bits = 0; bits < 1 << 16; bits++) {
        uint16_t half = (uint16_t)bits, again[1];
        float wide = element_to_float(TORCH_FLOAT16, &half, 0);
        element_from_float(TORCH_FLOAT16, again, 0, wide);
        ck_assert(isnan(wide) ? isnan(element_to_float(TORCH_FLOAT16, again, 0))
                              : again[0] == half);
    }
    uint16_t half;
    element_from_float(TORCH_FLOAT16, &half, 0, 1 + 0x1p-11f);  // a tie rounds to even
    ck_assert_uint_eq(half, 0x3c00);
    element_from_float(TORCH_FLOAT16, &half, 0, 65520);
    ck_assert_uint_eq(half, 0x7c00);
    element_from_float(TORCH_BFLOAT16, &half, 0, 1 + 3 * 0x1p-8f);
    ck_assert_uint_eq(half, 0x3f82);
}
END_TEST

START_TEST(test_names_are_exported)
{
    const struct own_function *function;
    for (size_t i = 0; (function = own_function(i)) != NULL; i++) {
        char *name = own_name(function);
        void (*exported)(void);
        *(void **)&exported = dlsym(RTLD_DEFAULT, name);
        ck_assert_uint_eq(strlen(name), strlen(function->name));
        ck_assert_msg(exported == function->function, "%s is not exported", name);
        ck_assert_ptr_eq(own_find(function->name), function);
        free(name);
    }
    ck_assert_ptr_null(own_find("aoti_torch_cpu_nothing"));
}
END_TEST

START_TEST(test_views_and_clones)
{
    const int64_t sizes[] = {3, 4}, strides[] = {8, 1}, turned[] = {4, 3}, other[] = {1, 8};
    float data[24];
    tensor_handle tensor, view, clone;
    void *there;
    int64_t number, *numbers;
    for (int i = 0; i < 24; i++)
        data[i] = (float)i;
    ck_assert_int_eq(aoti_local_create_tensor_from_blob(data, 2, sizes, strides, 2, TORCH_FLOAT32,
                                                        TORCH_DEVICE_CPU, 0, &tensor), 0);
    aoti_local_get_data_ptr(tensor, &there);
    ck_assert_ptr_eq(there, data + 2);
    aoti_local_get_storage_size(tensor, &number);
    ck_assert_int_eq(number, 22 * 4);
    ck_assert_int_eq(aoti_local__reinterpret_tensor(tensor, 2, turned, other, 1, &view), 0);
    aoti_local_delete_tensor_object(tensor);
    aoti_local_get_storage_offset(view, &number);
    ck_assert_int_eq(number, 3);
    ck_assert_int_eq(aoti_local_clone(view, &clone), 0);
    aoti_local_delete_tensor_object(view);
    aoti_local_get_strides(clone, &numbers);
    ck_assert_int_eq(numbers[0], 3);
    aoti_local_get_data_ptr(clone, &there);
    ck_assert(((float *)there)[3 * 1 + 2] == data[3 + 1 + 2 * 8]);
    ck_assert_int_eq(aoti_local_new_tensor_handle(clone, &view), 0);
    aoti_local_delete_tensor_object(clone);
    aoti_local_get_numel(view, &number);
    ck_assert_int_eq(number, 12);
    aoti_local_delete_tensor_object(view);
    aoti_local_delete_tensor_object(NULL);
}
END_TEST

static tensor_handle tensor_over(void *data, enum torch_dtype dtype, int64_t rows, int64_t columns)
{
    const int64_t sizes[] = {rows, columns}, strides[] = {columns, 1};
    tensor_handle tensor;
    ck_assert_int_eq(aoti_local_create_tensor_from_blob(data, 2, sizes, strides, 0, (int32_t)dtype,
                                                        TORCH_DEVICE_CPU, 0, &tensor), 0);
    return tensor;
}

// Calls operators by the names that a graph uses, on builtin tensors.
START_TEST(test_operators)
{
    struct operator_environment environment = own_environment;
    int64_t left[] = {1, 2, 3, 4}, right[] = {5, 6, 7, 8}, out[4];
    float eye[] = {1, 0, 0, 1}, some[] = {1, 2, 3, 4}, sum[4], bias[] = {10, NAN};
    tensor_handle l = tensor_over(left, TORCH_INT64, 2, 2);
    tensor_handle r = tensor_over(right, TORCH_INT64, 2, 2);
    tensor_handle o = tensor_over(out, TORCH_INT64, 2, 2);
    environment.kernels = cpu_choose_kernels();
    operators_set_environment(&environment);
    ck_assert_int_eq(aoti_local_cpu_mm_out(o, l, r), 0);
    ck_assert(out[0] == 19 && out[1] == 22 && out[2] == 43 && out[3] == 50);
    tensor_handle e = tensor_over(eye, TORCH_FLOAT32, 2, 2);
    tensor_handle s = tensor_over(some, TORCH_FLOAT32, 2, 2);
    tensor_handle t = tensor_over(sum, TORCH_FLOAT32, 2, 2);
    tensor_handle b = tensor_over(bias, TORCH_FLOAT32, 1, 2);
    ck_assert_int_eq(aoti_local_cpu_addmm_out(t, b, e, s, 0, 2), 0);
    ck_assert(sum[0] == 2 && sum[3] == 8);  // beta 0: NaN in the addend does not matter
    ck_assert_int_eq(aoti_local_cpu_addmm_out(t, b, e, s, 1, 1), 0);
    ck_assert(sum[0] == 11 && sum[2] == 13 && isnan(sum[1]));
    ck_assert_int_ne(aoti_local_cpu_mm_out(t, e, r), 0);
    ck_assert_int_ne(aoti_local_cpu_mm_out(t, b, s), 0);
    for (size_t i = 0; i < 7; i++)
        aoti_local_delete_tensor_object(((tensor_handle[]){l, r, o, e, s, t, b})[i]);
    scratch_free();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("runtime");
    TCase *products = tcase_create("operators"), *tensors = tcase_create("tensors");
    tcase_set_timeout(products, 300);
    tcase_add_loop_test(products, test_products, 0, 6);
    tcase_add_loop_test(products, test_attention, 0, 6);
    tcase_add_test(products, test_threads);
    tcase_add_test(products, test_operators);
    tcase_add_test(tensors, test_narrow_numbers);
    tcase_add_test(tensors, test_names_are_exported);
    tcase_add_test(tensors, test_views_and_clones);
    suite_add_tcase(suite, products);
    suite_add_tcase(suite, tensors);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
