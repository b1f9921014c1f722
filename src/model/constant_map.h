// SPDX-License-Identifier: BSD-2-Clause
// The C++ map in which a graph compiled by torch 2.9 takes its weights.

#ifndef AOTI_MODEL_CONSTANT_MAP_H
#define AOTI_MODEL_CONSTANT_MAP_H

#include "runtime/torch_abi.h"

#ifdef __cplusplus
extern "C" {
#endif

// Calls SET with the COUNT pairs as a map. Returns its result, or 1 if the map cannot be made.
torch_error constant_map_apply(container_set_constant_map *set, container_handle container,
                               const struct constant_pair *pairs, size_t count);

#ifdef __cplusplus
}
#endif

#endif
