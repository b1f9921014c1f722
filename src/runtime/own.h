// SPDX-License-Identifier: BSD-2-Clause
// The functions of libtorch's C ABI that the builtin runtime provides.

#ifndef AOTI_RUNTIME_OWN_H
#define AOTI_RUNTIME_OWN_H

#include <stdbool.h>
#include <stddef.h>

#include "runtime/operators.h"

// The builtin functions on tensors, for operators; no other member is set.
extern const struct operator_environment own_environment;

struct own_function {
    const char *name;         // in graphs: "aoti_torch_cpu_mm_out"
    void (*function)(void);   // exported under own_name()
    bool is_operator;         // works on libtorch's tensors too, see operators.h
};

// Returns the function that graphs call NAME, or NULL.
const struct own_function *own_find(const char *name);

// Returns the INDEX-th function, or NULL past the last.
const struct own_function *own_function(size_t index);

// Returns the name that FUNCTION is exported under, of the same length: "local" for "torch", or,
// for functions of CUDA, "aoti" for "cuda" and "ao" for "cu". Free with free().
char *own_name(const struct own_function *function);

#endif
