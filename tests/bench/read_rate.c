// SPDX-License-Identifier: BSD-2-Clause
// How fast all threads together read a file that is in memory: what no product of one row can
// beat. Prints GB/s, the best of some rounds.
//
//     read_rate FILE

#include "config.h"

#include <stdio.h>
#include <string.h>

#include "common/clock.h"
#include "common/diagnostics.h"
#include "common/io.h"
#include "runtime/parallel.h"

enum { BLOCK = 1 << 20, ROUNDS = 7, LANES = 8 };

typedef uint64_t lanes __attribute__((vector_size(LANES * sizeof(uint64_t))));

struct job {
    const uint8_t *data;
    uint64_t sums[4096];  // of each thread
};

static void read_block(void *context, int64_t index, unsigned thread)
{
    struct job *job = context;
    lanes sum[4] = {{0}};
    for (size_t i = 0; i < BLOCK; i += sizeof sum) {
        lanes value[4];
        memcpy(value, job->data + (size_t)index * BLOCK + i, sizeof value);
        for (int j = 0; j < 4; j++)
            sum[j] += value[j];
    }
    job->sums[thread] += (sum[0] + sum[1] + sum[2] + sum[3])[0];
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
        double begin = clock_seconds();
        parallel_for((int64_t)(map.size / BLOCK), read_block, &job);
        double rate = (double)(map.size - map.size % BLOCK) / 1e9 / (clock_seconds() - begin);
        best = rate > best ? rate : best;
    }
    printf("%.2f\n", best);
    return STATUS_OK;
}
