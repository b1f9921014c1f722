// SPDX-License-Identifier: BSD-2-Clause

#include "config.h"

#include "model/constant_map.h"

#include <exception>
#include <string>
#include <unordered_map>

extern "C" torch_error constant_map_apply(container_set_constant_map *set,
                                          container_handle container,
                                          const struct constant_pair *pairs, size_t count)
try {
    std::unordered_map<std::string, tensor_handle> map;
    for (size_t i = 0; i < count; i++)
        map.emplace(pairs[i].name, pairs[i].tensor);
    return set(container, &map, false, false);
} catch (const std::exception &) {
    return 1;
}
