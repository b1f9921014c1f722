// SPDX-License-Identifier: BSD-2-Clause

#include "config.h"

#include "runtime/operators.h"

#include <math.h>

#include "common/diagnostics.h"
#include "runtime/compute.h"
#include "runtime/plain.h"
#include "runtime/view.h"

enum { FAILED = 1, MATRIX = 2, MATRICES = 3, CUBE = 4, GROUP_UNIT = 32 };

static struct operator_environment environment;

void operators_set_environment(const struct operator_environment *given)
{
    environment = *given;
}

static torch_error refuse(const char *operator, const char *why)
{
    warn("%s: %s", operator, why);
    return FAILED;
}

static bool are_product(const struct view *out, const struct view *left, const struct view *right,
                        int64_t dimensions)
{
    int64_t row = dimensions - 2, column = dimensions - 1;
    return out->dimensions == dimensions && left->dimensions == dimensions
           && right->dimensions == dimensions && left->sizes[column] == right->sizes[row]
           && out->sizes[row] == left->sizes[row] && out->sizes[column] == right->sizes[column]
           && (dimensions == MATRIX
               || (left->sizes[0] == out->sizes[0] && right->sizes[0] == out->sizes[0]));
}

static struct product product_of(const struct view *out, const struct view *left,
                                 const struct view *right, int64_t index)
{
    return (struct product){
        .rows = left->sizes[left->dimensions - 2],
        .columns = right->sizes[right->dimensions - 1],
        .inner = left->sizes[left->dimensions - 1],
        .left = view_matrix(left, index),
        .right = view_matrix(right, index),
        .result = view_matrix(out, index),
        .alpha = 1,
    };
}

// Returns true if kernels take these types. Others go to libtorch or to plain loops.
static bool kernels_take(const struct view *out, const struct view *left, const struct view *right)
{
    return view_is_float(left) && left->dtype == right->dtype && left->dtype == out->dtype;
}

// Sets the addend to beta * ADDEND, broadcast to the result. Returns false if the shapes differ.
static bool set_addend(struct product *product, const struct view *addend, double beta)
{
    struct cube cube;
    const int64_t sizes[4] = {1, 1, product->rows, product->columns};
    product->beta = (float)beta;
    if (beta == 0)
        return true;  // its values do not matter, even if they are NaN
    if (!view_cube(addend, sizes, &cube))
        return false;
    product->addend = (struct matrix){cube.data, cube.strides[2], cube.strides[3], cube.dtype};
    return true;
}

static void compute(const struct product *product, bool by_kernels)
{
    if (by_kernels)
        compute_product(environment.kernels, product);
    else
        plain_product(product);
}

torch_error aoti_local_cpu_mm_out(tensor_handle out, tensor_handle left, tensor_handle right)
{
    struct view o, l, r;
    if (!view_read(&environment, out, &o) || !view_read(&environment, left, &l)
        || !view_read(&environment, right, &r))
        return FAILED;
    bool ours = kernels_take(&o, &l, &r) && are_product(&o, &l, &r, MATRIX);
    if (!ours && environment.mm != NULL)
        return environment.mm(out, left, right);
    if (!ours && !(are_product(&o, &l, &r, MATRIX) && plain_takes(&o, &l, &r)))
        return refuse("mm", "operand shapes or types do not match");
    struct product product = product_of(&o, &l, &r, 0);
    compute(&product, ours);
    return 0;
}

torch_error aoti_local_cpu_addmm_out(tensor_handle out, tensor_handle addend, tensor_handle left,
                                     tensor_handle right, double beta, double alpha)
{
    struct view o, a, l, r;
    if (!view_read(&environment, out, &o) || !view_read(&environment, addend, &a)
        || !view_read(&environment, left, &l) || !view_read(&environment, right, &r))
        return FAILED;
    bool ours = kernels_take(&o, &l, &r) && are_product(&o, &l, &r, MATRIX) && view_is_float(&a);
    if (!ours && environment.addmm != NULL)
        return environment.addmm(out, addend, left, right, beta, alpha);
    if (!ours)
        return refuse("addmm", "operands are not floating-point matrices of matching shapes");
    struct product product = product_of(&o, &l, &r, 0);
    product.alpha = (float)alpha;
    if (!set_addend(&product, &a, beta))
        return refuse("addmm", "the addend cannot be broadcast to the result");
    compute_product(environment.kernels, &product);
    return 0;
}

torch_error aoti_local_cpu_bmm_out(tensor_handle out, tensor_handle left, tensor_handle right)
{
    struct view o, l, r;
    if (!view_read(&environment, out, &o) || !view_read(&environment, left, &l)
        || !view_read(&environment, right, &r))
        return FAILED;
    bool ours = kernels_take(&o, &l, &r) && are_product(&o, &l, &r, MATRICES);
    if (!ours && environment.bmm != NULL)
        return environment.bmm(out, left, right);
    if (!ours && !(are_product(&o, &l, &r, MATRICES) && plain_takes(&o, &l, &r)))
        return refuse("bmm", "operand shapes or types do not match");
    for (int64_t i = 0; i < o.sizes[0]; i++) {
        struct product product = product_of(&o, &l, &r, i);
        compute(&product, ours);
    }
    return 0;
}

// Makes a tensor of the same sizes, with the same order of dimensions in memory.
static torch_error make_like(const struct view *view, tensor_handle *out)
{
    int64_t strides[VIEW_DIMENSIONS_MAX];
    view_dense_strides(view, strides);
    return environment.empty_strided(view->dimensions, view->sizes, strides, (int32_t)view->dtype,
                                     TORCH_DEVICE_CPU, 0, out);
}

// Makes a dense row-major tensor of the given sizes.
static torch_error make_result(const int64_t sizes[2], enum torch_dtype dtype, tensor_handle *out)
{
    const int64_t strides[2] = {sizes[1], 1};
    return environment.empty_strided(2, sizes, strides, (int32_t)dtype, TORCH_DEVICE_CPU, 0, out);
}

torch_error aoti_local_cpu__weight_int8pack_mm(tensor_handle left, tensor_handle right,
                                               tensor_handle scales, tensor_handle *out)
{
    struct view l, r, s, o;
    if (!view_read(&environment, left, &l) || !view_read(&environment, right, &r)
        || !view_read(&environment, scales, &s))
        return FAILED;
    bool ours = view_is_float(&l) && view_is_float(&s) && r.dtype == TORCH_INT8
                && l.dimensions == MATRIX && r.dimensions == MATRIX && s.dimensions == 1
                && l.sizes[1] == r.sizes[1] && s.sizes[0] == r.sizes[0];
    if (!ours && environment.int8_mm != NULL)
        return environment.int8_mm(left, right, scales, out);
    if (!ours)
        return refuse("_weight_int8pack_mm", "operand shapes or types are not supported");
    const int64_t sizes[2] = {l.sizes[0], r.sizes[0]};
    if (make_result(sizes, l.dtype, out) != 0 || !view_read(&environment, *out, &o))
        return FAILED;
    struct product product = {
        .rows = sizes[0],
        .columns = sizes[1],
        .inner = l.sizes[1],
        .left = view_matrix(&l, 0),
        .right = view_matrix(&r, 0),
        .result = view_matrix(&o, 0),
        .column_scales = {s.data, 0, s.strides[0], s.dtype},
        .alpha = 1,
    };
    // The right side is transposed: each of its rows is a column of the product.
    int64_t stride = product.right.row_stride;
    product.right.row_stride = product.right.column_stride;
    product.right.column_stride = stride;
    compute_product(environment.kernels, &product);
    return 0;
}

// Returns true if kernels cover it; sets everything except the result. SIZE: of a group.
static bool set_int4(struct product *p, const struct view *left, const struct view *right,
                     const struct view *groups, int64_t size)
{
    int64_t block = environment.int4_block;
    if (!view_is_float(left) || groups->dtype != left->dtype || right->dtype != TORCH_UINT8
        || left->dimensions != MATRIX || right->dimensions != MATRIX
        || groups->dimensions != MATRICES || block == 0 || size <= 0 || size % GROUP_UNIT != 0)
        return false;
    *p = (struct product){
        .rows = left->sizes[0],
        .columns = right->sizes[0],
        .inner = left->sizes[1],
        .left = view_matrix(left, 0),
        .right = {right->data, 0, 0, TORCH_UINT8},
        .groups = {size, block, groups->data, groups->dtype},
        .alpha = 1,
    };
    return p->columns % block == 0 && p->inner % size == 0 && right->sizes[1] * 2 == p->inner
           && view_is_dense(right) && view_is_dense(groups) && groups->sizes[2] == 2
           && groups->sizes[0] == p->inner / size && groups->sizes[1] == p->columns;
}

torch_error aoti_local_cpu__weight_int4pack_mm_cpu_tensor(tensor_handle left, tensor_handle right,
                                                          tensor_handle group_size,
                                                          tensor_handle scales_and_zeros,
                                                          tensor_handle *out)
{
    struct view l, r, s, g, o;
    struct product product;
    if (!view_read(&environment, left, &l) || !view_read(&environment, right, &r)
        || !view_read(&environment, group_size, &s)
        || !view_read(&environment, scales_and_zeros, &g))
        return FAILED;
    int64_t size = s.dtype == TORCH_INT64 ? *(const int64_t *)(const void *)s.data : 0;
    if (!set_int4(&product, &l, &r, &g, size)) {
        if (environment.int4_mm != NULL)
            return environment.int4_mm(left, right, group_size, scales_and_zeros, out);
        return refuse("_weight_int4pack_mm", "operand shapes or types are not supported");
    }
    const int64_t sizes[2] = {product.rows, product.columns};
    if (make_result(sizes, l.dtype, out) != 0 || !view_read(&environment, *out, &o))
        return FAILED;
    product.result = view_matrix(&o, 0);
    compute_product(environment.kernels, &product);
    return 0;
}

static torch_error make_attention_results(const struct view *query, tensor_handle *out,
                                          tensor_handle *log_sum_exp)
{
    const int64_t *sizes = query->sizes;
    const int64_t strides[3] = {sizes[1] * sizes[2], 1, sizes[1]};
    if (make_like(query, out) != 0)
        return FAILED;
    return environment.empty_strided(3, sizes, strides, TORCH_FLOAT32, TORCH_DEVICE_CPU, 0,
                                     log_sum_exp);
}

// Returns true if kernels cover it; sets everything that does not depend on the results.
static bool set_attention(struct attention *a, const struct view *q, const struct view *k,
                          const struct view *v, const struct view *mask)
{
    if (q->dimensions != CUBE || k->dimensions != CUBE || v->dimensions != CUBE
        || !view_is_float(q) || k->dtype != q->dtype || v->dtype != q->dtype
        || k->sizes[1] == 0 || q->sizes[1] % k->sizes[1] != 0)
        return false;
    a->batches = q->sizes[0];
    a->heads = q->sizes[1];
    a->group = q->sizes[1] / k->sizes[1];
    a->rows = q->sizes[2];
    a->keys = k->sizes[2];
    a->width = q->sizes[3];
    const int64_t query[4] = {a->batches, a->heads, a->rows, a->width};
    const int64_t key[4] = {a->batches, a->heads / a->group, a->keys, a->width};
    const int64_t shown[4] = {a->batches, a->heads, a->rows, a->keys};
    if (mask != NULL && !((view_is_float(mask) || mask->dtype == TORCH_BOOL)
                          && view_cube(mask, shown, &a->mask)))
        return false;
    return view_cube(q, query, &a->query) && view_cube(k, key, &a->key)
           && view_cube(v, key, &a->value);
}

torch_error aoti_local_cpu__scaled_dot_product_flash_attention_for_cpu(
    tensor_handle query, tensor_handle key, tensor_handle value, double dropout,
    int32_t is_causal, tensor_handle *mask, double *scale, tensor_handle *out,
    tensor_handle *log_sum_exp)
{
    struct view q, k, v, m, o, l;
    bool masked = mask != NULL && *mask != NULL;
    struct attention attention = {.causal = is_causal != 0};
    if (!view_read(&environment, query, &q) || !view_read(&environment, key, &k)
        || !view_read(&environment, value, &v)
        || (masked && !view_read(&environment, *mask, &m)))
        return FAILED;
    if (dropout != 0 || !set_attention(&attention, &q, &k, &v, masked ? &m : NULL)) {
        if (environment.attention != NULL)
            return environment.attention(query, key, value, dropout, is_causal, mask, scale, out,
                                         log_sum_exp);
        return refuse("attention", "operand shapes or types are not supported");
    }
    attention.scale = scale != NULL ? (float)*scale : 1 / sqrtf((float)attention.width);
    if (make_attention_results(&q, out, log_sum_exp) != 0 || !view_read(&environment, *out, &o)
        || !view_read(&environment, *log_sum_exp, &l))
        return FAILED;
    view_cube(&o, q.sizes, &attention.result);
    attention.log_sum_exp = (struct cube){
        .data = l.data, .dtype = l.dtype, .strides = {l.strides[0], l.strides[1], l.strides[2]}};
    compute_attention(environment.kernels, &attention);
    return 0;
}
