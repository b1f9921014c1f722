// SPDX-License-Identifier: BSD-2-Clause
// A stub command that answers token streams, for the tests of aoti-time: it takes the times that
// its arguments say, and logs when it did what. It also serves as the end of a pipe that measures
// the age of time-stamped ids.
//
//     stand-in [ready=MS] [first=MS] [gap=MS] [ids=N] [log=FILE]
//     stand-in stamp ids=N [gap=MS]    N ids, each the time of its writing in microseconds
//     stand-in flood ids=N             N ids as fast as pipes go
//     stand-in age                     reads stamped ids, prints percentiles of their age

#include "config.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct settings {
    double ready, first, gap;  // seconds
    long ids;
    FILE *log;
};

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static void pause_for(double seconds)
{
    struct timespec time = {.tv_sec = (time_t)seconds,
                            .tv_nsec = (long)(1e9 * (seconds - (double)(time_t)seconds))};
    if (seconds > 0)
        nanosleep(&time, NULL);
}

static void note(const struct settings *settings, const char *what)
{
    if (settings->log != NULL)
        fprintf(settings->log, "%s %.9f\n", what, now());
}

static void put(const char *text)
{
    if (write(STDOUT_FILENO, text, strlen(text)) < 0)
        exit(1);
}

static struct settings read_settings(char **words)
{
    struct settings settings = {.ids = 1};
    for (; *words != NULL; words++) {
        const char *value = strchr(*words, '=');
        if (value++ == NULL)
            continue;
        if (strncmp(*words, "ready=", 6) == 0)
            settings.ready = atof(value) / 1000;
        else if (strncmp(*words, "first=", 6) == 0)
            settings.first = atof(value) / 1000;
        else if (strncmp(*words, "gap=", 4) == 0)
            settings.gap = atof(value) / 1000;
        else if (strncmp(*words, "ids=", 4) == 0)
            settings.ids = atol(value);
        else if (strncmp(*words, "log=", 4) == 0)
            settings.log = fopen(value, "a");
    }
    return settings;
}

static void say_ready(void)
{
    const char *descriptor = getenv("AOTI_READY_FD");
    if (descriptor != NULL && write(atoi(descriptor), "\n", 1) != 1)
        exit(1);
}

static void answer(const struct settings *settings)
{
    char text[32];
    for (long i = 0; i < settings->ids; i++) {
        pause_for(i == 0 ? settings->first : settings->gap);
        note(settings, "id");
        snprintf(text, sizeof text, "%ld%s", i + 7, i + 1 == settings->ids ? "\n" : " ");
        put(text);
    }
}

static void answer_all(const struct settings *settings)
{
    char *line = NULL;
    size_t capacity = 0;
    note(settings, "start");
    pause_for(settings->ready);
    note(settings, "ready");
    say_ready();
    while (getline(&line, &capacity, stdin) > 0) {
        note(settings, "request");
        answer(settings);
    }
    free(line);
    note(settings, "end");
}

static uint64_t stamp(void)
{
    return (uint64_t)(1e6 * now()) & INT32_MAX;
}

static void write_stamps(const struct settings *settings)
{
    char text[32];
    for (long i = 0; i < settings->ids; i++) {
        pause_for(settings->gap);
        snprintf(text, sizeof text, "%llu%s", (unsigned long long)stamp(),
                 i + 1 == settings->ids ? "\n" : " ");
        put(text);
    }
}

static void flood(const struct settings *settings)
{
    static char block[60000];  // ids of five digits, each with a space
    for (size_t i = 0; i < sizeof block; i += 6)
        snprintf(block + i, 7, i + 12 > sizeof block ? "%05zu" : "%05zu ", 10000 + i % 89999);
    block[sizeof block - 1] = ' ';
    for (long left = settings->ids; left > 0; left -= (long)sizeof block / 6)
        if (write(STDOUT_FILENO, block, sizeof block) < 0)
            exit(1);
    put("1\n");
}

static int compare(const void *left, const void *right)
{
    uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;
    return (a > b) - (a < b);
}

static void print_ages(void)
{
    static uint64_t ages[1 << 20];
    size_t count = 0;
    uint64_t value = 0;
    char bytes[4096];
    for (ssize_t got; (got = read(STDIN_FILENO, bytes, sizeof bytes)) > 0;) {
        uint64_t arrived = stamp();
        for (ssize_t i = 0; i < got; i++) {
            if (bytes[i] >= '0' && bytes[i] <= '9') {
                value = value * 10 + (uint64_t)(bytes[i] - '0');
                continue;
            }
            if (count < sizeof ages / sizeof *ages)
                ages[count++] = (arrived - value) & INT32_MAX;
            value = 0;
        }
    }
    if (count == 0)
        exit(1);
    qsort(ages, count, sizeof *ages, compare);
    printf("%zu ids, age in us: p50 %llu p90 %llu p99 %llu max %llu\n", count,
           (unsigned long long)ages[count / 2], (unsigned long long)ages[count * 90 / 100],
           (unsigned long long)ages[count * 99 / 100], (unsigned long long)ages[count - 1]);
}

int main(int argc, char **argv)
{
    const char *word = argc > 1 ? argv[1] : "";
    struct settings settings = read_settings(argv + 1);
    if (strcmp(word, "stamp") == 0)
        write_stamps(&settings);
    else if (strcmp(word, "flood") == 0)
        flood(&settings);
    else if (strcmp(word, "age") == 0)
        print_ages();
    else
        answer_all(&settings);
    if (settings.log != NULL)
        fclose(settings.log);
    return 0;
}
