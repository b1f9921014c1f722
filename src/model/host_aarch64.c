// SPDX-License-Identifier: BSD-2-Clause
// Features of 64-bit Arm, by their names in /proc/cpuinfo. The kernel reports as bits what all
// processors of the machine have (Linux, Documentation/arch/arm64/elf_hwcaps.rst).

#include "config.h"

#include "model/host.h"

#include <string.h>
#include <sys/auxv.h>

// Bits of AT_HWCAP or AT_HWCAP2 from asm/hwcap.h, repeated here because older headers lack some.
static const struct {
    const char *name;
    unsigned long type;
    unsigned bit;
} features[] = {
    {"fp", AT_HWCAP, 0},         {"asimd", AT_HWCAP, 1},     {"aes", AT_HWCAP, 3},
    {"pmull", AT_HWCAP, 4},      {"sha1", AT_HWCAP, 5},      {"sha2", AT_HWCAP, 6},
    {"crc32", AT_HWCAP, 7},      {"atomics", AT_HWCAP, 8},   {"fphp", AT_HWCAP, 9},
    {"asimdhp", AT_HWCAP, 10},   {"asimdrdm", AT_HWCAP, 12}, {"jscvt", AT_HWCAP, 13},
    {"fcma", AT_HWCAP, 14},      {"lrcpc", AT_HWCAP, 15},    {"sha3", AT_HWCAP, 17},
    {"sm3", AT_HWCAP, 18},       {"sm4", AT_HWCAP, 19},      {"asimddp", AT_HWCAP, 20},
    {"sha512", AT_HWCAP, 21},    {"sve", AT_HWCAP, 22},      {"asimdfhm", AT_HWCAP, 23},
    {"sve2", AT_HWCAP2, 1},      {"svei8mm", AT_HWCAP2, 9},  {"svebf16", AT_HWCAP2, 12},
    {"i8mm", AT_HWCAP2, 13},     {"bf16", AT_HWCAP2, 14},
};

bool host_has_cpu_feature(const char *feature)
{
    for (size_t i = 0; i < sizeof features / sizeof *features; i++)
        if (strcmp(feature, features[i].name) == 0)
            return (getauxval(features[i].type) >> features[i].bit & 1) != 0;
    return false;
}
