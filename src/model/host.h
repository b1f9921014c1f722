// SPDX-License-Identifier: BSD-2-Clause
// What this machine can run.

#ifndef AOTI_MODEL_HOST_H
#define AOTI_MODEL_HOST_H

#include <stdbool.h>

// Returns the machine's name as uname(2) gives it, such as "x86_64". Valid for the process's
// lifetime.
const char *host_machine(void);

// Returns true if the CPU has FEATURE. On x86, GCC's spelling and that of "flags" in /proc/cpuinfo
// are accepted: "avx512bf16" and "avx512_bf16" are the same. On Arm, that of "Features".
bool host_has_cpu_feature(const char *feature);

#endif
