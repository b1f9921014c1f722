// SPDX-License-Identifier: BSD-2-Clause
// Features of the CPU from /proc/cpuinfo.

#include "config.h"

#include "model/host.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum { FEATURES_MAX = 8192 };

// Fills TEXT with the features of the first CPU, a space before and after each. Reads only the
// first block of the file, which grows with the number of CPUs: all of them are alike.
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

// Features that GCC and the kernel call by different names.
static const struct {
    const char *compiler, *kernel;
} synonyms[] = {{"sse3", "pni"}, {"lzcnt", "abm"}, {"bmi", "bmi1"}, {"pclmul", "pclmulqdq"},
                {"rdrnd", "rdrand"}, {"sha", "sha_ni"}};

// Returns true if the LENGTH bytes at WORD are NAME, ignoring underscores.
static bool is_same(const char *word, size_t length, const char *name)
{
    const char *end = word + length;
    for (;; word++, name++) {
        while (word < end && *word == '_')
            word++;
        while (*name == '_')
            name++;
        if (word == end || *name == '\0')
            return word == end && *name == '\0';
        if (*word != *name)
            return false;
    }
}

bool host_has_cpu_feature(const char *feature)
{
    char text[FEATURES_MAX];
    read_cpu_features(text);
    for (size_t i = 0; i < sizeof synonyms / sizeof *synonyms; i++)
        if (strcmp(feature, synonyms[i].compiler) == 0)
            feature = synonyms[i].kernel;
    for (const char *word = text; *(word += strspn(word, " ")) != '\0';) {
        size_t length = strcspn(word, " ");
        if (is_same(word, length, feature))
            return true;
        word += length;
    }
    return false;
}
