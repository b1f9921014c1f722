// SPDX-License-Identifier: BSD-2-Clause
// Which functions of libtorch's C ABI we have ourselves.

#ifndef AOTI_RUNTIME_OWN_H
#define AOTI_RUNTIME_OWN_H

#include <stdbool.h>
#include <stddef.h>

#include "runtime/operators.h"

// Our tensors' own functions, for operators on them; nothing else of it is set.
extern const struct operator_environment own_environment;

struct own_function {
    const char *name;         // as a graph has it: "aoti_torch_cpu_mm_out"
    void (*function)(void);   // exported as own_name tells
    bool is_operator;         // works on libtorch's tensors too, see operators.h
};

// The function that a graph knows as NAME, or NULL.
const struct own_function *own_find(const char *name);

// The INDEX-th of them, or NULL past the last.
const struct own_function *own_function(size_t index);

// The name that it is exported under, of the same length: "local" for "torch", or, of CUDA's
// functions, "aoti" for "cuda" or "ao" for "cu". The caller's.
char *own_name(const struct own_function *function);

#endif
