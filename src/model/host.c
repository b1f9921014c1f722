// SPDX-License-Identifier: BSD-2-Clause

#include "config.h"

#include "model/host.h"

#include <sys/utsname.h>

const char *host_machine(void)
{
    static struct utsname name;
    uname(&name);
    return name.machine;
}
