// SPDX-License-Identifier: BSD-2-Clause

#include "config.h"

#include "runtime/compute.h"

#include "runtime/parallel.h"
#include "runtime/scratch.h"

enum { SMALL = 1 << 15 };  // multiplications that are done before another thread wakes up

struct product_job {
    const struct product *product;
    const struct product_kernel *kernel;
    void *packed, *scratches;
    size_t scratch_bytes;
    int64_t task_columns;
};

static void pack_part(void *context, int64_t index, unsigned thread)
{
    const struct product_job *job = context;
    (void)thread;
    job->kernel->pack(job->product, job->packed, index);
}

static void compute_columns(void *context, int64_t index, unsigned thread)
{
    const struct product_job *job = context;
    int64_t begin = index * job->task_columns, end = begin + job->task_columns;
    if (end > job->product->columns)
        end = job->product->columns;
    job->kernel->compute(job->product, job->packed, begin, end,
                         scratch_of_thread(job->scratches, thread, job->scratch_bytes));
}

// Does small work on this thread.
static void run(bool small, int64_t count, parallel_body *body, void *context)
{
    if (!small) {
        parallel_for(count, body, context);
        return;
    }
    for (int64_t i = 0; i < count; i++)
        body(context, i, 0);
}

void compute_product(const struct kernels *kernels, const struct product *product)
{
    size_t which = 0;
    if (product->rows == 0 || product->columns == 0)
        return;
    while (!kernels->products[which]->covers(product))
        which++;
    const struct product_kernel *kernel = kernels->products[which];
    struct product_job job = {
        .product = product,
        .kernel = kernel,
        .packed = scratch_get(SCRATCH_SHARED, kernel->packed_bytes(product)),
        .scratch_bytes = kernel->scratch_bytes(product),
        .task_columns = kernel->task_columns(product),
    };
    job.scratches = scratch_get_threads(parallel_threads(), job.scratch_bytes);
    int64_t left = product->rows * product->inner;
    run(left < SMALL, kernel->pack_count(product), pack_part, &job);
    run(left * product->columns < SMALL,
        (product->columns + job.task_columns - 1) / job.task_columns, compute_columns, &job);
}

struct attention_job {
    const struct attention *attention;
    const struct attention_kernel *kernel;
    void *scratches;
    size_t scratch_bytes;
};

// One task is some rows of one head. Heads come first: most share a mask, whose rows stay cached.
static void compute_rows(void *context, int64_t index, unsigned thread)
{
    const struct attention_job *job = context;
    const struct attention *attention = job->attention;
    int64_t heads = attention->batches * attention->heads;
    int64_t head = index % heads, part = index / heads;
    job->kernel->compute(attention, head / attention->heads, head % attention->heads,
                         part * job->kernel->rows_a_task,
                         scratch_of_thread(job->scratches, thread, job->scratch_bytes));
}

void compute_attention(const struct kernels *kernels, const struct attention *attention)
{
    size_t which = 0;
    while (!kernels->attentions[which]->covers(attention))
        which++;
    const struct attention_kernel *kernel = kernels->attentions[which];
    struct attention_job job = {
        .attention = attention,
        .kernel = kernel,
        .scratch_bytes = kernel->scratch_bytes(attention),
    };
    job.scratches = scratch_get_threads(parallel_threads(), job.scratch_bytes);
    int64_t heads = attention->batches * attention->heads;
    int64_t tasks = heads * ((attention->rows + kernel->rows_a_task - 1) / kernel->rows_a_task);
    int64_t work = heads * attention->rows * attention->keys * attention->width;
    run(work < SMALL, tasks, compute_rows, &job);
}
