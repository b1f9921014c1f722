// SPDX-License-Identifier: BSD-2-Clause

#include "config.h"

#include "model/host.h"

#include <fcntl.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

enum { FEATURES_MAX = 8192 };

const char *host_machine(void)
{
    static struct utsname name;
    uname(&name);
    return name.machine;
}

// Fills TEXT with the features of the first CPU, a space before and after each. Only the first
// block of the file is read: it grows with the number of CPUs, and all are alike.
static void read_cpu_features(char text[static FEATURES_MAX])
{
    int descriptor = open("/proc/cpuinfo", O_RDONLY | O_CLOEXEC);
    ssize_t got = descriptor >= 0 ? read(descriptor, text, FEATURES_MAX - 1) : 0;
    if (descriptor >= 0)
        close(descriptor);
    text[got > 0 ? got : 0] = '\0';
    char *line = strstr(text, "\nflags");
    if (line == NULL)
        line = strstr(text, "\nFeatures");
    char *list = line != NULL ? strchr(line, ':') : NULL;
    char *end = list != NULL ? strchr(list, '\n') : NULL;
    if (end == NULL) {
        text[0] = '\0';
        return;
    }
    *end = ' ';
    memmove(text, list + 1, (size_t)(end - list));
    text[end - list] = '\0';
}

bool host_has_cpu_feature(const char *feature)
{
    char text[FEATURES_MAX];
    read_cpu_features(text);
    size_t length = strlen(feature);
    for (const char *found = text; (found = strstr(found, feature)) != NULL; found += length)
        if (found > text && found[-1] == ' ' && found[length] == ' ')
            return true;
    return false;
}
