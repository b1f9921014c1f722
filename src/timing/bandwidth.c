// SPDX-License-Identifier: BSD-2-Clause

#include "config.h"

#include "timing/bandwidth.h"

#include <math.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/memory.h"
#include "common/processors.h"

enum { PASSES = 8, BLOCK_WORDS = 8 };
static const size_t size_max = (size_t)1 << 30;

struct reader {
    pthread_t thread;
    const uint64_t *words;
    size_t count;  // a multiple of BLOCK_WORDS
    pthread_barrier_t *barrier;
    uint64_t sum;
};

// Uses eight sums, so that no addition waits for the previous one.
static uint64_t read_words(const uint64_t *words, size_t count)
{
    uint64_t sums[BLOCK_WORDS] = {0};
    for (size_t i = 0; i < count; i += BLOCK_WORDS)
        for (size_t j = 0; j < BLOCK_WORDS; j++)
            sums[j] += words[i + j];
    uint64_t sum = 0;
    for (size_t j = 0; j < BLOCK_WORDS; j++)
        sum += sums[j];
    return sum;
}

static void *run_reader(void *argument)
{
    struct reader *reader = argument;
    for (int pass = 0; pass < PASSES; pass++) {
        pthread_barrier_wait(reader->barrier);
        reader->sum += read_words(reader->words, reader->count);
        pthread_barrier_wait(reader->barrier);
    }
    return NULL;
}

// Returns at most a quarter of the free memory, so that nothing else is evicted from memory.
static size_t choose_size(void)
{
    long pages = sysconf(_SC_AVPHYS_PAGES), page = sysconf(_SC_PAGESIZE);
    if (pages <= 0 || page <= 0)
        return 0;
    size_t quarter = (size_t)pages / 4 * (size_t)page;
    return quarter < size_max ? quarter : size_max;
}

static double time_passes(struct reader *readers, size_t count, pthread_barrier_t *barrier,
                          size_t bytes)
{
    double best = NAN;
    for (size_t i = 0; i < count; i++)
        if (pthread_create(&readers[i].thread, NULL, run_reader, &readers[i]) != 0)
            abort();  // the other threads would wait at the barrier for ever
    for (int pass = 0; pass < PASSES; pass++) {
        double begin = clock_seconds();  // before the passes start: a later time would flatter
        pthread_barrier_wait(barrier);
        pthread_barrier_wait(barrier);
        best = fmax(best, (double)bytes / (clock_seconds() - begin));
    }
    for (size_t i = 0; i < count; i++)
        pthread_join(readers[i].thread, NULL);
    return best;
}

double bandwidth_measure(void)
{
    size_t count = processors_usable();
    size_t each = choose_size() / count / sizeof(uint64_t) / BLOCK_WORDS * BLOCK_WORDS;
    size_t bytes = count * each * sizeof(uint64_t);
    uint64_t *words = bytes == 0 ? MAP_FAILED
                                 : mmap(NULL, bytes, PROT_READ | PROT_WRITE,
                                        MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (words == MAP_FAILED)
        return NAN;
    for (size_t i = 0; i < bytes / sizeof *words; i += 64)
        words[i] = i;  // unwritten pages all map the same zero page
    pthread_barrier_t barrier;
    struct reader *readers = xcalloc(count, sizeof *readers);
    if (pthread_barrier_init(&barrier, NULL, (unsigned)count + 1) != 0)
        abort();  // the arguments are valid
    for (size_t i = 0; i < count; i++)
        readers[i] = (struct reader){.words = words + i * each, .count = each, .barrier = &barrier};
    double best = time_passes(readers, count, &barrier, bytes);
    pthread_barrier_destroy(&barrier);
    free(readers);
    munmap(words, bytes);
    return best;
}
