// SPDX-License-Identifier: BSD-2-Clause

#include "config.h"

#include "timing/host.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "common/json.h"
#include "common/memory.h"

// Returns the name of the processor in /proc/cpuinfo, or NULL. Free with free().
static char *processor_name(void)
{
    char *line = NULL, *name = NULL;
    size_t capacity = 0;
    FILE *file = fopen("/proc/cpuinfo", "re");
    while (file != NULL && name == NULL && getline(&line, &capacity, file) > 0) {
        char *colon = strchr(line, ':');
        if (strncmp(line, "model name", 10) != 0 || colon == NULL)
            continue;
        colon[1 + strcspn(colon + 1, "\n")] = '\0';
        name = xstrdup(colon + 1 + strspn(colon + 1, " "));
    }
    free(line);
    if (file != NULL)
        fclose(file);
    return name;
}

static void add_text(json_t *object, const char *key, const char *text)
{
    json_object_set_new(object, key, json_new_text(text));
}

json_t *host_describe(void)
{
    json_t *host = json_object();
    struct utsname names;
    if (uname(&names) == 0) {
        char *system = xasprintf("%s %s", names.sysname, names.release);
        add_text(host, "name", names.nodename);
        add_text(host, "system", system);
        add_text(host, "machine", names.machine);
        free(system);
    }
    char *processor = processor_name();
    add_text(host, "processor", processor);
    free(processor);
    json_object_set_new(host, "processors", json_integer(sysconf(_SC_NPROCESSORS_ONLN)));
    json_object_set_new(
        host, "memory_bytes",
        json_integer((json_int_t)sysconf(_SC_PHYS_PAGES) * sysconf(_SC_PAGESIZE)));
    return host;
}
