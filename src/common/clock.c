// SPDX-License-Identifier: BSD-2-Clause

#include "config.h"

#include "common/clock.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static double seconds_of(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

double clock_seconds(void)
{
    return seconds_of(CLOCK_MONOTONIC);
}

// Reads the start of this process, in clock ticks since boot: field 22 of /proc/self/stat. Counts
// the fields after the last ')', since the command's name in field 2 may contain any byte.
static int start_ticks(unsigned long long *ticks)
{
    char line[1024];
    FILE *file = fopen("/proc/self/stat", "re");
    if (file == NULL)
        return 0;
    size_t length = fread(line, 1, sizeof line - 1, file);
    fclose(file);
    line[length] = '\0';
    const char *field = strrchr(line, ')');
    return field != NULL
           && sscanf(field + 1,
                     " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d"
                     " %llu",
                     ticks) == 1;
}

double clock_process_start(void)
{
    double now = clock_seconds();
    unsigned long long ticks;
    if (!start_ticks(&ticks))
        return now;
    double age = seconds_of(CLOCK_BOOTTIME) - (double)ticks / (double)sysconf(_SC_CLK_TCK);
    return age > 0 ? now - age : now;
}
