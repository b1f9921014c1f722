// SPDX-License-Identifier: BSD-2-Clause
// The operators that a graph calls by name and that take its time. They know tensors only by the
// functions given here, so a handle may be ours or libtorch's.

#ifndef AOTI_RUNTIME_OPERATORS_H
#define AOTI_RUNTIME_OPERATORS_H

#include "runtime/kernels.h"
#include "runtime/torch_abi.h"

typedef torch_error operator_mm(tensor_handle out, tensor_handle left, tensor_handle right);
typedef torch_error operator_addmm(tensor_handle out, tensor_handle addend, tensor_handle left,
                                   tensor_handle right, double beta, double alpha);
typedef torch_error operator_int8_mm(tensor_handle left, tensor_handle right, tensor_handle scales,
                                     tensor_handle *out);
typedef torch_error operator_int4_mm(tensor_handle left, tensor_handle right,
                                     tensor_handle group_size, tensor_handle scales_and_zeros,
                                     tensor_handle *out);
typedef torch_error operator_attention(tensor_handle query, tensor_handle key, tensor_handle value,
                                       double dropout, int32_t is_causal, tensor_handle *mask,
                                       double *scale, tensor_handle *out,
                                       tensor_handle *log_sum_exp);

// Whose tensors the operators get, and who computes what our kernels do not cover: libtorch's own
// operators, or NULL for plain loops.
struct operator_environment {
    const struct kernels *kernels;
    int64_t int4_block;  // columns of a block of 4 bits, see int4.h; 0: not known
    torch_get_data_ptr *get_data_ptr;
    torch_get_dim *get_dim;
    torch_get_sizes *get_sizes;
    torch_get_strides *get_strides;
    torch_get_dtype *get_dtype;
    torch_empty_strided *empty_strided;
    operator_mm *mm, *bmm;
    operator_addmm *addmm;
    operator_int8_mm *int8_mm;
    operator_int4_mm *int4_mm;
    operator_attention *attention;
};

// To be called before a graph is run. The graph calls without a context, so this is the process's.
void operators_set_environment(const struct operator_environment *environment);

// Under the names that a graph is made to bind: aoti_torch_cpu_* with "local" for "torch", of the
// same length. They return 0 for success; a reason for failure is printed.
operator_mm aoti_local_cpu_mm_out, aoti_local_cpu_bmm_out;
operator_addmm aoti_local_cpu_addmm_out;
operator_int8_mm aoti_local_cpu__weight_int8pack_mm;
operator_int4_mm aoti_local_cpu__weight_int4pack_mm_cpu_tensor;
operator_attention aoti_local_cpu__scaled_dot_product_flash_attention_for_cpu;

#endif
