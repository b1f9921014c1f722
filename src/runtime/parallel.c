// SPDX-License-Identifier: BSD-2-Clause

#include "config.h"

#include "runtime/parallel.h"

#include <dlfcn.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/processors.h"

// How often a waiting thread polls before it sleeps. On a busy machine, long polling keeps the CPU
// from the thread that is waited for. With about eight other processes on two CPUs, decoding a
// model of 1.2 billion weights ran at 4.0 ids a second with 100, 3.3 with 1000, 1.4 with 20000 and
// 0.8 with libgomp's default of 300000. On an idle machine 100 gave 8.2, 1000 8.7 and 20000 8.8.
#define WAIT_SPINS "1000"

enum { THREADS_MAX = 4096 };

typedef void gomp_parallel(void (*function)(void *), void *data, unsigned threads, unsigned flags);

// Graphs call kernels without a context, so the pool is global.
static struct {
    gomp_parallel *run;  // NULL: no libgomp
    unsigned threads;
} pool = {NULL, 1};

struct job {
    parallel_body *body;
    void *context;
    int64_t count;
    atomic_llong next;
    atomic_uint threads;
};

// Returns the number of threads the user set for OpenMP programs, or 0. In a list, one number for
// each level of nesting, the first counts.
static unsigned threads_of_environment(void)
{
    const char *text = getenv("OMP_NUM_THREADS");
    long threads = text != NULL ? strtol(text, NULL, 10) : 0;
    return threads > 0 && threads <= THREADS_MAX ? (unsigned)threads : 0;
}

void parallel_configure(unsigned threads)
{
    char number[16];
    if (threads == 0)
        threads = threads_of_environment();
    if (threads == 0)
        threads = processors_usable();
    snprintf(number, sizeof number, "%u", threads);
    setenv("OMP_NUM_THREADS", number, 1);
    setenv("OMP_THREAD_LIMIT", number, 1);
    if (getenv("OMP_WAIT_POLICY") == NULL)
        setenv("GOMP_SPINCOUNT", WAIT_SPINS, 0);
    pool.threads = threads;
}

static gomp_parallel *find_parallel(void)
{
    return (gomp_parallel *)dlsym(RTLD_DEFAULT, "GOMP_parallel");
}

void parallel_open(void)
{
    // Graphs bind to the first libgomp in the process, and libtorch's may have another name.
    pool.run = find_parallel();
    if (pool.run == NULL && dlopen("libgomp.so.1", RTLD_NOW | RTLD_GLOBAL) != NULL)
        pool.run = find_parallel();
}

unsigned parallel_threads(void)
{
    return pool.threads;
}

static void work(void *data)
{
    struct job *job = data;
    unsigned thread = atomic_fetch_add(&job->threads, 1);
    for (int64_t i; (i = atomic_fetch_add(&job->next, 1)) < job->count;)
        job->body(job->context, i, thread);
}

void parallel_for(int64_t count, parallel_body *body, void *context)
{
    struct job job = {.body = body, .context = context, .count = count};
    if (pool.run == NULL || pool.threads == 1 || count <= 1)
        work(&job);
    else
        pool.run(work, &job, pool.threads, 0);
}
