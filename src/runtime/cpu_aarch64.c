// SPDX-License-Identifier: BSD-2-Clause
// The levels of 64-bit Arm. The kernel reports what all processors of the machine have, even if
// they differ (Linux, Documentation/arch/arm64/elf_hwcaps.rst).

#include "config.h"

#include <sys/auxv.h>

#include "runtime/cpu_levels.h"

// Bits of AT_HWCAP and AT_HWCAP2 from asm/hwcap.h, repeated here because older headers lack some.
enum { ASIMD = 1 << 1, ASIMDDP = 1 << 20 };
enum { BF16 = 1 << 14 };

static bool is_any(void)
{
    return true;
}

static bool is_neon(void)
{
    return (getauxval(AT_HWCAP) & ASIMD) != 0;
}

static bool is_dotprod(void)
{
    return is_neon() && (getauxval(AT_HWCAP) & ASIMDDP) != 0;
}

static bool is_bf16(void)
{
    return is_dotprod() && (getauxval(AT_HWCAP2) & BF16) != 0;
}

const struct cpu_level cpu_levels[] = {
    {&kernels_portable, is_any},
    {&kernels_neon, is_neon},
    {&kernels_dotprod, is_dotprod},
    {&kernels_bf16, is_bf16},
    {NULL, NULL},
};
