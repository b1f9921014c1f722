// SPDX-License-Identifier: BSD-2-Clause
// The operators that take a graph's time, called by it by name. They access tensors only by the
// functions below, so a handle may belong to the builtin runtime or to libtorch.

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

// The functions on the tensors that operators get, and what computes the cases that the kernels do
// not cover: libtorch's operators, or plain loops if NULL.
struct operator_environment {
    const struct kernels *kernels;
    int64_t int4_block;  // columns per block of 4-bit weights, see int4.h; 0: unknown
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

// Must be called before a graph runs. Graphs call without a context, so the setting is global.
void operators_set_environment(const struct operator_environment *environment);

// Graphs are made to bind these names: aoti_torch_cpu_* with "local" instead of "torch", of the
// same length. They return 0 on success; otherwise they print the reason.
operator_mm aoti_local_cpu_mm_out, aoti_local_cpu_bmm_out;
operator_addmm aoti_local_cpu_addmm_out;
operator_int8_mm aoti_local_cpu__weight_int8pack_mm;
operator_int4_mm aoti_local_cpu__weight_int4pack_mm_cpu_tensor;
operator_attention aoti_local_cpu__scaled_dot_product_flash_attention_for_cpu;

#endif
