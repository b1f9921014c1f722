// SPDX-License-Identifier: BSD-2-Clause

#include "config.h"

#include "model/statistics.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/diagnostics.h"
#include "common/io.h"

struct statistics statistics_open(const char *file)
{
    struct statistics statistics = {.descriptor = -1, .name = file};
    if (file == NULL)
        return statistics;
    statistics.descriptor = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (statistics.descriptor < 0)
        die_errno(STATUS_FAILURE, "%s", file);
    statistics.previous = clock_process_start();
    return statistics;
}

// The program's locale is "C", so numbers have a decimal point. All printed strings are constants.
__attribute__((format(printf, 2, 3))) static void print(const struct statistics *statistics,
                                                        const char *format, ...)
{
    char line[512];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    write_all(statistics->descriptor, line, (size_t)length, statistics->name);
}

void statistics_stage(struct statistics *statistics, const char *stage, size_t bytes)
{
    if (statistics->descriptor < 0)
        return;
    double now = clock_seconds();
    print(statistics,
          "{\"event\": \"stage\", \"stage\": \"%s\", \"seconds\": %.6f, \"bytes\": %zu}\n", stage,
          now - statistics->previous, bytes);
    statistics->previous = now;
}

void statistics_request(const struct statistics *statistics, uint64_t line,
                        const struct request_times *times)
{
    if (statistics->descriptor < 0)
        return;
    print(statistics,
          "{\"event\": \"request\", \"line\": %llu, \"prompt_tokens\": %zu, "
          "\"reused_tokens\": %zu, \"generated_tokens\": %zu, \"prefill_seconds\": %.6f, "
          "\"decode_seconds\": %.6f}\n",
          (unsigned long long)line, times->prompt, times->reused, times->generated,
          times->first - times->begin, times->end - times->first);
}

void statistics_close(struct statistics *statistics)
{
    if (statistics->descriptor >= 0 && close(statistics->descriptor) != 0)
        die_errno(STATUS_FAILURE, "%s", statistics->name);
    statistics->descriptor = -1;
}
