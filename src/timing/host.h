// SPDX-License-Identifier: BSD-2-Clause
// The machine that is measured on, for reports.

#ifndef AOTI_TIMING_HOST_H
#define AOTI_TIMING_HOST_H

#include <jansson.h>

// An object with name, system, machine, processor, processors and memory_bytes. The caller gives
// it to json_decref.
json_t *host_describe(void);

#endif
