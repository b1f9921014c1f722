// SPDX-License-Identifier: BSD-2-Clause
// The levels of x86-64. __builtin_cpu_supports() uses CPUID, and XGETBV for the registers that the
// system saves. GCC 12 and clang 14 know the names below; bf16 and AMX are tested by hand.

#include "config.h"

#include <cpuid.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "runtime/cpu_levels.h"

// Bits of CPUID leaf 7: EDX of subleaf 0, EAX of subleaf 1.
enum { AMX_BITS = 1 << 24 | 1 << 22, BFLOAT16_BIT = 1 << 5 };

// arch_prctl() of Linux, see Documentation/arch/x86/xstate.rst.
enum { REQUEST_PERMISSION = 0x1023, TILE_DATA = 18 };

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

// Tiles are large: the system lets a process use them, and saves them, only on request, which it
// may refuse.
static bool is_amx(void)
{
    unsigned a, b, c, d = 0;
    return is_avx512vnni() && __get_cpuid_count(7, 0, &a, &b, &c, &d)
           && (d & AMX_BITS) == AMX_BITS
           && syscall(SYS_arch_prctl, REQUEST_PERMISSION, TILE_DATA) == 0;
}

const struct cpu_level cpu_levels[] = {
    {&kernels_portable, is_any},
    {&kernels_avx2, is_avx2},
    {&kernels_avx512, is_avx512},
    {&kernels_avx512bf16, is_avx512bf16},
    {&kernels_avx512vnni, is_avx512vnni},
    {&kernels_amx, is_amx},
    {NULL, NULL},
};
