// SPDX-License-Identifier: BSD-2-Clause
// The levels of x86-64. The compilers' __builtin_cpu_supports asks CPUID, and XGETBV for what the
// system saves; both know the names below from GCC 12 and clang 14 on, but for bf16.

#include "config.h"

#include <cpuid.h>

#include "runtime/cpu_levels.h"

enum { BFLOAT16_BIT = 1 << 5 };  // of EAX, CPUID leaf 7, subleaf 1

static bool is_any(void)
{
    return true;
}

static bool is_avx2(void)
{
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}

static bool is_avx512(void)
{
    return is_avx2() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw")
           && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq");
}

static bool is_avx512bf16(void)
{
    unsigned a = 0, b, c, d;
    return is_avx512() && __get_cpuid_count(7, 1, &a, &b, &c, &d) && (a & BFLOAT16_BIT) != 0;
}

static bool is_avx512vnni(void)
{
    return is_avx512bf16() && __builtin_cpu_supports("avx512vnni")
           && __builtin_cpu_supports("avx512vbmi");
}

const struct cpu_level cpu_levels[] = {
    {&kernels_portable, is_any},
    {&kernels_avx2, is_avx2},
    {&kernels_avx512, is_avx512},
    {&kernels_avx512bf16, is_avx512bf16},
    {&kernels_avx512vnni, is_avx512vnni},
    {NULL, NULL},
};
