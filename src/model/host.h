// SPDX-License-Identifier: BSD-2-Clause
// What this machine can run.

#ifndef AOTI_MODEL_HOST_H
#define AOTI_MODEL_HOST_H

#include <stdbool.h>

// The machine's name as uname(2) tells it, such as "x86_64". Lent for the life of the process.
const char *host_machine(void);

// Whether the CPU has FEATURE: on x86 in GCC's spelling or in that of the "flags" of /proc/cpuinfo,
// where "avx512bf16" and "avx512_bf16" are the same; on Arm as the "Features" there have it.
bool host_has_cpu_feature(const char *feature);

#endif
