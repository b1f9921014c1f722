// SPDX-License-Identifier: BSD-2-Clause
// Measures how fast all threads together read a file that is in memory, the upper bound for
// products of one row. Prints GB/s, the best of several rounds.
//
//     read_rate FILE

#include "config.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "common/clock.h"
#include "common/diagnostics.h"
#include "common/io.h"
#include "runtime/parallel.h"

// Prefetches AHEAD bytes in every other round: some processors are faster with it, some without.
enum { BLOCK = 1 << 20, ROUNDS = 14, AHEAD = 4096, CACHE_LINE = 64 };

struct job {
    const uint8_t *data;
    bool is_asked_for;
    uint8_t sums[4096];  // one per thread
};

// Reads one byte per cache line: with fewer instructions, a processor looks further ahead.
static void read_block(void *context, int64_t index, unsigned thread)
{
    struct job *job = context;
    const uint8_t *data = job->data + (size_t)index * BLOCK;
    uint8_t sum = 0;
    if (job->is_asked_for)
        for (size_t i = 0; i < BLOCK; i += CACHE_LINE) {
            __builtin_prefetch(data + i + AHEAD, 0, 2);
            sum = (uint8_t)(sum + data[i]);
        }
    else
        for (size_t i = 0; i < BLOCK; i += CACHE_LINE)
            sum = (uint8_t)(sum + data[i]);
    job->sums[thread] = (uint8_t)(job->sums[thread] + sum);
}

int main(int argc, char **argv)
{
    diagnostics_init("read_rate");
    if (argc != 2)
        die(STATUS_USAGE, "usage: read_rate FILE");
    struct file_map map = file_map_open(argv[1]);
    static struct job job;
    double best = 0;
    job.data = (const uint8_t *)map.data;
    parallel_configure(0);
    parallel_open();
    for (int round = 0; round < ROUNDS; round++) {
        job.is_asked_for = round % 2 != 0;
        double begin = clock_seconds();
        parallel_for((int64_t)(map.size / BLOCK), read_block, &job);
        double rate = (double)(map.size - map.size % BLOCK) / 1e9 / (clock_seconds() - begin);
        best = rate > best ? rate : best;
    }
    printf("%.2f\n", best);
    return STATUS_OK;
}
