// SPDX-License-Identifier: BSD-2-Clause
// The functions that GPU graphs call by name: operators of libtorch's C ABI on builtin tensors, and
// the functions that replace the CUDA runtime.

#ifndef AOTI_GPU_OPERATORS_H
#define AOTI_GPU_OPERATORS_H

#include "runtime/own.h"
#include "runtime/torch_abi.h"

// Graphs are made to bind these names, as in runtime/operators.h. Results are computed in the order
// of the GPU's stream.
torch_error aoti_local_cuda_mm_out(tensor_handle out, tensor_handle left, tensor_handle right);
torch_error aoti_local_cuda_addmm_out(tensor_handle out, tensor_handle addend, tensor_handle left,
                                      tensor_handle right, double beta, double alpha);
torch_error aoti_local_cuda__weight_int8pack_mm(tensor_handle left, tensor_handle right,
                                                tensor_handle scales, tensor_handle *out);
torch_error aoti_local_cuda__scaled_dot_product_efficient_attention(
    tensor_handle query, tensor_handle key, tensor_handle value, tensor_handle *mask,
    int32_t wants_log_sum_exp, double dropout, int32_t is_causal, double *scale,
    tensor_handle *out, tensor_handle *log_sum_exp, tensor_handle *seed, tensor_handle *offset);
torch_error aoti_local_create_cuda_stream_guard(void *stream, int32_t device, void **guard);
torch_error aoti_local_delete_cuda_stream_guard(void *guard);

// Returns the INDEX-th function that GPU graphs need in addition to runtime/own.h, or NULL past
// the last, or always if built without CUDA.
const struct own_function *gpu_function(size_t index);

// Enables programmatic dependent launch for graphs: a kernel may start while its predecessor
// drains. All kernels must then wait by themselves before they read its results
// (griddepcontrol.wait).
void gpu_launch_early(void);

// Promises that, until the next call, graphs with attention write to keys and values only at
// POSITION, which is in GPU memory, and never to POSITION itself or to masks. Attention may then
// read the other keys and values before earlier work has ended. NULL: no promise, the initial
// state.
void gpu_step_writes(const int64_t *position);

// Enables tensors in GPU memory. Call after gpu_open_end().
void gpu_use_tensors(void);

#endif
