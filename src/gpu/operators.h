// SPDX-License-Identifier: BSD-2-Clause
// What graphs for a GPU call by name: operators of libtorch's C ABI on tensors of ours, and the
// functions of the CUDA runtime that stand in for the driver's.

#ifndef AOTI_GPU_OPERATORS_H
#define AOTI_GPU_OPERATORS_H

#include "runtime/own.h"
#include "runtime/torch_abi.h"

// Under the names that a graph is made to bind, as in runtime/operators.h. Products and results are
// computed in the order of the GPU's stream.
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

// The INDEX-th function that graphs for a GPU want besides those of runtime/own.h, or NULL past the
// last, or where this program was built without CUDA.
const struct own_function *gpu_function(size_t index);

// Has kernels of graphs launched while the one before them ends. All of them must wait by themselves
// for what that one writes (griddepcontrol.wait).
void gpu_launch_early(void);

// Until the next call, attention comes in graphs that write to keys and values nowhere but at what
// POSITION, in the memory of the GPU, says, and neither to it nor to masks: so it can begin with the
// others before the graph's earlier work has ended. NULL: nothing is known of them, as at first.
void gpu_step_writes(const int64_t *position);

// Has tensors of the GPU made in its memory. After gpu_open_end.
void gpu_use_tensors(void);

#endif
