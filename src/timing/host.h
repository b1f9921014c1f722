// SPDX-License-Identifier: BSD-2-Clause
// Description of this machine, for reports.

#ifndef AOTI_TIMING_HOST_H
#define AOTI_TIMING_HOST_H

#include <jansson.h>

// Returns an object with name, system, machine, processor, processors and memory_bytes. Free with
// json_decref().
json_t *host_describe(void);

#endif
