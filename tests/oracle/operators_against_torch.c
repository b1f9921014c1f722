// SPDX-License-Identifier: BSD-2-Clause
// The builtin operators in front of a real libtorch, as aoti-forward uses them where the builtin
// runtime is incomplete: called with libtorch's tensors, at every level of this CPU, each one
// compared with libtorch's function of the same name.

#include "config.h"

#include <check.h>
#include <dlfcn.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/int4_layout.h"
#include "runtime/convert.h"
#include "runtime/cpu.h"
#include "runtime/operators.h"
#include "runtime/own.h"
#include "runtime/parallel.h"
#include "runtime/scratch.h"
#include "torch_tensors.h"

#define INT4 "aoti_torch_cpu__weight_int4pack_mm_cpu_tensor"

enum { LAYOUTS = 3, ROUNDS = 80, THREADS = 2, TIMEOUT = 600, SKIPPED = 77 };

// --- What is compared ----------------------------------------------------------------------------

// The kernels, operator, sizes and strides being compared, for messages.
static char what[512];
static uint64_t compared;  // number of elements compared

static void tell(const char *operator, const struct tensor *left, const struct tensor *right)
{
    const struct tensor *both[] = {left, right};
    int length = snprintf(what, sizeof what, "%s: %s of dtype %d", cpu_choose_kernels()->name,
                          operator, left->dtype);
    for (int i = 0; i < 2; i++)
        for (int64_t j = 0; j < both[i]->dimensions; j++)
            length += snprintf(what + length, sizeof what - (size_t)length, "%s%lld:%lld",
                               j == 0 ? ", " : " ", (long long)both[i]->sizes[j],
                               (long long)both[i]->strides[j]);
}

// Results must have the same strides: the graph was compiled for libtorch's.
static void compare_layouts(const struct tensor *ours, const struct tensor *theirs)
{
    ck_assert_int_eq(ours->dtype, theirs->dtype);
    ck_assert_int_eq(ours->dimensions, theirs->dimensions);
    for (int64_t i = 0; i < ours->dimensions; i++)
        ck_assert_msg(ours->sizes[i] == theirs->sizes[i]
                          && (ours->strides[i] == theirs->strides[i] || ours->sizes[i] == 1),
                      "%s: dimension %d of the result is %lld:%lld, not %lld:%lld", what, (int)i,
                      (long long)ours->sizes[i], (long long)ours->strides[i],
                      (long long)theirs->sizes[i], (long long)theirs->strides[i]);
}

// MAGNITUDE: an upper bound of the sum of a result's terms; 1e-5 of it is tolerated for the
// order of summation. Both sides round to their type in the end; ROUNDED: the magnitude that
// libtorch also rounded before. LOOSE: any two values that are not finite are equal, since the
// effect of infinity depends on the order of computation.
static void compare(const struct tensor *ours, const struct tensor *theirs, double magnitude,
                    double rounded, bool loose)
{
    double rounding = ours->dtype == TORCH_BFLOAT16  ? 0x1p-8
                      : ours->dtype == TORCH_FLOAT16 ? 0x1p-11
                                                     : 0;
    for (int64_t i = 0; i < count_of(ours); i++) {
        double got = get(ours, i), wanted = get(theirs, i);
        bool same = !isfinite(wanted)
                        ? (isnan(wanted) ? isnan(got) : got == wanted)
                              || (loose && !isfinite(got))
                        : fabs(got - wanted)
                              <= 1e-5 * magnitude + rounding * (2 * fabs(wanted) + rounded);
        ck_assert_msg(same, "%s: element %lld is %.9g, libtorch has %.9g", what, (long long)i, got,
                      wanted);
    }
    compared += (uint64_t)count_of(ours);
}

// Compares results allocated by the operators.
static void compare_made(tensor_handle ours, tensor_handle theirs, double magnitude,
                         double rounded, bool loose)
{
    struct tensor our_result = look_at(ours), their_result = look_at(theirs);
    compare_layouts(&our_result, &their_result);
    compare(&our_result, &their_result, magnitude, rounded, loose);
}

// --- The operators -------------------------------------------------------------------------------

// The builtin function that a graph would bind, and libtorch's, under the name itself.
struct pair {
    void (*ours)(void), (*theirs)(void);
};

static struct pair find(const char *name)
{
    const struct own_function *function = own_find(name);
    ck_assert_msg(function != NULL && function->is_operator, "we have no %s", name);
    struct pair pair = {.ours = function->function};
    *(void **)&pair.theirs = dlsym(RTLD_DEFAULT, name);
    ck_assert_msg(pair.theirs != NULL, "libtorch has no %s", name);
    ck_assert(pair.ours != pair.theirs);
    return pair;
}

static int64_t some_rows(void)
{
    return chance(2) ? between(1, 6) : between(7, 130);
}

static void one_product(int64_t dimensions)
{
    struct pair pair =
        find(dimensions == 3 ? "aoti_torch_cpu_bmm_out" : "aoti_torch_cpu_mm_out");
    enum torch_dtype dtype = float_dtype();
    int64_t batch = between(1, 3), rows = some_rows(), columns = between(1, 80);
    int64_t inner = chance(6) ? between(500, 1100) : between(0, 70);
    const int64_t left[] = {batch, rows, inner}, right[] = {batch, inner, columns};
    const int64_t out[] = {batch, rows, columns}, skipped = 3 - dimensions;
    struct tensor t[] = {
        make_matrices(dimensions, left + skipped, dtype),
        make_matrices(dimensions, right + skipped, dtype),
        make_matrices(dimensions, out + skipped, dtype),
        make_dense(dimensions, out + skipped, dtype),  // bmm of torch 2.9 ignores gaps
    };
    spoil(&t[0]);
    spoil(&t[1]);
    tell(dimensions == 3 ? "bmm" : "mm", &t[0], &t[1]);
    ck_assert_int_eq(((operator_mm *)pair.ours)(t[2].handle, t[0].handle, t[1].handle), 0);
    ck_assert_int_eq(((operator_mm *)pair.theirs)(t[3].handle, t[0].handle, t[1].handle), 0);
    compare(&t[2], &t[3], (double)inner, 0, false);
    drop(t, 4);
}

static void one_mm(void)
{
    one_product(2);
}

static void one_bmm(void)
{
    one_product(3);
}

static void one_addmm(void)
{
    static const double factors[] = {0, 1, 0.5, -2};
    struct pair pair = find("aoti_torch_cpu_addmm_out");
    enum torch_dtype dtype = float_dtype();
    int64_t rows = some_rows(), columns = between(1, 80), inner = between(1, 70);
    const int64_t left[] = {rows, inner}, right[] = {inner, columns}, out[] = {rows, columns};
    double beta = factors[draw() % 4], alpha = factors[1 + draw() % 3];
    struct tensor t[] = {
        make_matrices(2, left, dtype),
        make_matrices(2, right, dtype),
        make_matrices(2, out, dtype),
        make_matrices(2, out, dtype),
        make_matrices(2, out, dtype),
        {0},
    };
    if (chance(2))
        t[5] = expand_row(&t[4], rows);
    for (int i = 0; i < 2; i++)
        spoil(&t[i]);
    spoil(&t[4]);
    tensor_handle addend = t[t[5].handle != NULL ? 5 : 4].handle;
    tell("addmm", &t[0], &t[1]);
    ck_assert_int_eq(((operator_addmm *)pair.ours)(t[2].handle, addend, t[0].handle, t[1].handle,
                                                   beta, alpha), 0);
    ck_assert_int_eq(((operator_addmm *)pair.theirs)(t[3].handle, addend, t[0].handle,
                                                     t[1].handle, beta, alpha), 0);
    compare(&t[2], &t[3], 2 * (double)inner + 2, 0, false);
    drop(t, 6);
}

// Spoils the left side and copies all three operands in a form that libtorch does not crash on.
static void spoil_and_copy(struct tensor operands[3], struct tensor copies[3])
{
    spoil(&operands[0]);
    for (int i = 0; i < 3; i++)
        copies[i] = aligned_copy(&operands[i]);
}

// libtorch takes only dense operands.
static void one_int8_mm(void)
{
    struct pair pair = find("aoti_torch_cpu__weight_int8pack_mm");
    enum torch_dtype dtype = float_dtype();
    int64_t rows = some_rows(), columns = between(1, 90), inner = 16 * between(1, 20);
    const int64_t left[] = {rows, inner}, right[] = {columns, inner};
    struct tensor t[] = {
        make_dense(2, left, dtype),
        make_dense(2, right, TORCH_INT8),
        make_dense(1, &columns, dtype),
        {0},
        {0},
    }, copies[3];
    spoil_and_copy(t, copies);
    tell("int8", &t[0], &t[1]);
    ck_assert_int_eq(((operator_int8_mm *)pair.ours)(t[0].handle, t[1].handle, t[2].handle,
                                                     &t[3].handle), 0);
    ck_assert_int_eq(((operator_int8_mm *)pair.theirs)(copies[0].handle, copies[1].handle,
                                                       copies[2].handle, &t[4].handle), 0);
    compare_made(t[3].handle, t[4].handle, 127 * (double)inner, 0, false);
    drop(t, 5);
    drop(copies, 3);
}

// With random bytes: both sides must read each half as the same weight.
static void one_int4_mm(void)
{
    struct pair pair = find(INT4);
    enum torch_dtype dtype = float_dtype();
    int64_t size = 32 << between(0, 3), groups = between(1, 3);
    int64_t rows = some_rows(), columns = 64 * between(1, 3), inner = size * groups;
    const int64_t left[] = {rows, inner}, right[] = {columns, inner / 2}, one[] = {1, 1};
    const int64_t pairs[] = {groups, columns, 2};
    struct tensor t[] = {
        make_dense(2, left, dtype),
        make_dense(2, right, TORCH_UINT8),
        make_dense(3, pairs, dtype),
        make_dense(2, one, TORCH_INT64),
        {0},
        {0},
    }, copies[3];
    *(int64_t *)(void *)t[3].data = size;
    spoil_and_copy(t, copies);
    tell("int4", &t[0], &t[1]);
    ck_assert_int_eq(((operator_int4_mm *)pair.ours)(t[0].handle, t[1].handle, t[3].handle,
                                                     t[2].handle, &t[4].handle), 0);
    ck_assert_int_eq(((operator_int4_mm *)pair.theirs)(copies[0].handle, copies[1].handle,
                                                       t[3].handle, copies[2].handle,
                                                       &t[5].handle), 0);
    compare_made(t[4].handle, t[5].handle, 9 * (double)inner, 0, true);
    drop(t, 6);
    drop(copies, 3);
}

// A mask for all heads or for each one: numbers, with some positions hidden but never a whole row.
static struct tensor make_mask(int64_t heads, int64_t rows, int64_t keys, enum torch_dtype dtype)
{
    const int64_t sizes[] = {1, chance(2) ? 1 : heads, rows, keys};
    struct tensor mask = make_tensor(4, sizes, dtype, in_order, chance(2) ? 2 : 0);
    for (int64_t i = 0; i < count_of(&mask); i++)
        if (i % keys != 0 && chance(3))
            element_from_float(dtype, mask.data, place_of(&mask, i), -INFINITY);
    return mask;
}

static void one_attention(void)
{
    static const int orders[][4] = {{0, 1, 2, 3}, {0, 2, 1, 3}, {1, 0, 2, 3}};
    struct pair pair = find("aoti_torch_cpu__scaled_dot_product_flash_attention_for_cpu");
    enum torch_dtype dtype = float_dtype();
    int64_t heads = between(1, 4), width = 8 * between(1, 9);
    int64_t rows = some_rows(), keys = chance(2) ? between(1, 20) : between(60, 200);
    const int64_t query[] = {between(1, 2), heads, rows, width};
    const int64_t key[] = {query[0], heads, keys, width};
    bool masked = chance(2), causal = !masked && chance(2), scaled = chance(2);
    double scale = 0.3;
    struct tensor t[] = {
        make_tensor(4, query, dtype, orders[draw() % 3], chance(2) ? 2 : 0),
        make_tensor(4, key, dtype, orders[draw() % 3], chance(2) ? 2 : 0),
        make_tensor(4, key, dtype, orders[draw() % 3], chance(2) ? 2 : 0),
        {0}, {0}, {0}, {0}, {0},
    };
    if (masked)
        t[3] = make_mask(heads, rows, keys, dtype);
    // libtorch sometimes turns NaN scores into zeros, and hidden ones do not matter.
    if (!causal)
        spoil(&t[2]);
    tell(masked ? "attention, masked" : causal ? "attention, causal" : "attention", &t[0], &t[1]);
    for (int i = 0; i < 2; i++) {
        operator_attention *attention = (operator_attention *)(i == 0 ? pair.ours : pair.theirs);
        ck_assert_int_eq(attention(t[0].handle, t[1].handle, t[2].handle, 0, causal,
                                   masked ? &t[3].handle : NULL, scaled ? &scale : NULL,
                                   &t[4 + 2 * i].handle, &t[5 + 2 * i].handle), 0);
    }
    // libtorch rounds the weights of the keys, which sum up to 1, before it multiplies the values.
    for (int i = 4; i < 6; i++)
        compare_made(t[i].handle, t[i + 2].handle, 8, 1, true);
    drop(t, 8);
}

// 4-bit weights have a test of their own.
static const struct {
    const char *name;
    void (*one)(void);
} operators[] = {
    {"aoti_torch_cpu_mm_out", one_mm},
    {"aoti_torch_cpu_bmm_out", one_bmm},
    {"aoti_torch_cpu_addmm_out", one_addmm},
    {"aoti_torch_cpu__weight_int8pack_mm", one_int8_mm},
    {"aoti_torch_cpu__scaled_dot_product_flash_attention_for_cpu", one_attention},
};

enum { OPERATORS = sizeof operators / sizeof *operators };

// Runs ONE at each level in turn, as if chosen by AOTI_CPU. BLOCK: columns per block of a package
// with 4-bit weights.
static void at_every_level(void (*one)(void), int64_t block)
{
    const struct package package = {.int4_block = block};
    const struct kernels *kernels;
    parallel_open();
    for (size_t level = 0; (kernels = cpu_kernels(level)) != NULL; level++) {
        setenv("AOTI_CPU", kernels->name, 1);
        runtime_use_operators(&libtorch, &package);
        ck_assert(libtorch.binds_operators);
        draw_from(17);
        compared = 0;
        for (int round = 0; round < ROUNDS; round++)
            one();
        ck_assert_uint_gt(compared, ROUNDS);
    }
    scratch_free();
}

START_TEST(test_operator)
{
    parallel_configure(THREADS);
    open_libtorch();
    at_every_level(operators[_i].one, 0);
}
END_TEST

static const struct {
    const char *capability, *level;
    int64_t block;
} layouts[] = {{"default", "portable", 0}, {"avx2", "avx2", 32}, {"avx512", "avx512", 64}};

static bool have_level(const char *name)
{
    const struct kernels *kernels;
    for (size_t i = 0; (kernels = cpu_kernels(i)) != NULL; i++)
        if (strcmp(kernels->name, name) == 0)
            return true;
    return false;
}

// With fewer instructions, libtorch expects other blocks; the builtin kernels read all of them.
START_TEST(test_int4)
{
    if (!have_level(layouts[_i].level))
        return;
    setenv("ATEN_CPU_CAPABILITY", layouts[_i].capability, 1);
    parallel_configure(THREADS);
    open_libtorch();
    operator_int4_mm *multiply = (operator_int4_mm *)find(INT4).theirs;
    ck_assert_int_eq(int4_layout_block(&libtorch, multiply), layouts[_i].block);
    if (layouts[_i].block != 0)
        at_every_level(one_int4_mm, layouts[_i].block);
}
END_TEST

START_TEST(test_none_is_left_out)
{
    const struct own_function *function;
    for (size_t i = 0; (function = own_function(i)) != NULL; i++) {
        size_t known = 0;
        while (known < OPERATORS && strcmp(operators[known].name, function->name) != 0)
            known++;
        ck_assert_msg(!function->is_operator || known < OPERATORS
                          || strcmp(function->name, INT4) == 0,
                      "%s is not compared", function->name);
    }
}
END_TEST

int main(void)
{
    const char *folder = getenv("AOTI_LIBTORCH");
    if ((folder == NULL || *folder == '\0') && *DEFAULT_LIBTORCH == '\0') {
        printf("SKIP: configured without libtorch\n");
        return SKIPPED;
    }
    // With AMX and float16 instructions, oneDNN of libtorch 2.9.1 lets NaN leak into other rows of
    // mm and computes wrong sums in addmm of float16; with less, wrong signs of infinity.
    setenv("ONEDNN_MAX_CPU_ISA", "AVX512_CORE_BF16", 0);
    Suite *suite = suite_create("operators against torch");
    for (int i = 0; i < OPERATORS; i++) {
        TCase *one = tcase_create(operators[i].name);
        tcase_set_timeout(one, TIMEOUT);
        tcase_add_loop_test(one, test_operator, i, i + 1);
        suite_add_tcase(suite, one);
    }
    TCase *others = tcase_create("others");
    tcase_set_timeout(others, TIMEOUT);
    tcase_add_loop_test(others, test_int4, 0, LAYOUTS);
    tcase_add_test(others, test_none_is_left_out);
    suite_add_tcase(suite, others);
    SRunner *runner = srunner_create(suite);
    srunner_set_fork_status(runner, CK_FORK);  // each test gets its own libtorch
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
