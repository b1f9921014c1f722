// SPDX-License-Identifier: BSD-2-Clause
// Attention: which kernel, and how it divides its work.

#include "config.h"

#include <math.h>
#include <stdio.h>

#include "gpu/driver.h"
#include "gpu/kernels.h"
#include "gpu/operands.h"
#include "gpu/operators.h"
#include "runtime/own_tensors.h"
#include "runtime/view.h"

enum {
    CUBE = 4,
    TICKETS = 65536,
    GROUPS_MAX = 16,
    SHARED_MAX = 96 << 10,  // bytes that every GPU has for a block
    SOME_CHUNKS = 8,        // of a block of a cluster
    MANY_BLOCKS = 128,      // about the multiprocessors of a GPU
};

// The position that the step being launched writes, or NULL: see gpu_step_writes().
static const int64_t *written;

void gpu_step_writes(const int64_t *position)
{
    written = position;
}

static bool set_attention(struct gpu_attention *a, const struct view *q, const struct view *k,
                          const struct view *v, const struct view *mask)
{
    struct cube query, key, value, shown = {0};
    if (q->dimensions != CUBE || k->dimensions != CUBE || v->dimensions != CUBE
        || !view_is_float(q) || k->dtype != q->dtype || v->dtype != q->dtype
        || q->sizes[3] > QUERY_WIDTH_MAX || v->sizes[3] != q->sizes[3])
        return false;
    *a = (struct gpu_attention){
        .batches = q->sizes[0],
        .heads = q->sizes[1],
        .rows = q->sizes[2],
        .keys = k->sizes[2],
        .width = q->sizes[3],
    };
    const int64_t keys[] = {a->batches, a->heads, a->keys, a->width};
    const int64_t scores[] = {a->batches, a->heads, a->rows, a->keys};
    if (!view_cube(q, q->sizes, &query) || !view_cube(k, keys, &key) || !view_cube(v, keys, &value)
        || query.strides[3] != 1 || key.strides[3] != 1 || value.strides[3] != 1
        || (mask != NULL && (mask->dtype != q->dtype || !view_cube(mask, scores, &shown))))
        return false;
    a->query = query.data;
    a->key = key.data;
    a->value = value.data;
    a->mask = shown.data;
    for (int i = 0; i < 3; i++) {
        a->query_stride[i] = query.strides[i];
        a->key_stride[i] = key.strides[i];
        a->value_stride[i] = value.strides[i];
    }
    for (int i = 0; i < 4; i++)
        a->mask_stride[i] = shown.strides[i];
    return true;
}

// Makes the result in the layout of libtorch: [batches, rows, heads, width].
static torch_error make_attention_result(struct gpu_attention *a, enum torch_dtype dtype,
                                         tensor_handle *out)
{
    const int64_t sizes[] = {a->batches, a->heads, a->rows, a->width};
    const int64_t strides[] = {a->rows * a->heads * a->width, a->width, a->heads * a->width, 1};
    if (aoti_local_empty_strided(CUBE, sizes, strides, (int32_t)dtype, TORCH_DEVICE_CUDA, 0, out)
        != 0)
        return FAILED;
    for (int i = 0; i < 3; i++)
        a->out_stride[i] = strides[i];
    return aoti_local_get_data_ptr(*out, &a->out);
}

static bool is_attention_of_vectors(const struct gpu_attention *a, enum torch_dtype dtype)
{
    bool is = a->width * (int64_t)element_size(dtype) % VECTOR_BYTES == 0;
    for (int i = 0; i < 3; i++)
        is = is && is_aligned(a->query, a->query_stride[i], dtype)
             && is_aligned(a->key, a->key_stride[i], dtype)
             && is_aligned(a->value, a->value_stride[i], dtype);
    return is;
}

// The shared memory of the kernels for a few rows, struct split_shared, with the parts of so many
// BLOCKS of a cluster.
static unsigned split_shared_bytes(const struct gpu_attention *a, enum torch_dtype dtype,
                                   unsigned blocks)
{
    size_t floats = VECTOR_BYTES / sizeof(float) + 3 * SPLIT_ROWS
                    + (size_t)(a->rows * (a->split_groups * a->width + SPLIT_KEYS))
                    + (size_t)(a->rows * (a->width + 2)) * blocks;
    size_t elements = (2 * SPLIT_KEYS + (size_t)(a->rows + 7) / 8 * 8)
                      * (size_t)SPLIT_PITCH(a->width, element_size(dtype));
    return (unsigned)(floats * sizeof(float) + elements * element_size(dtype));
}

// Returns true if a kernel for a few rows can take these. Sets how it divides its work.
static bool is_few_rows(struct gpu_attention *a, enum torch_dtype dtype)
{
    const int64_t steps[] = {a->key_stride[2], a->value_stride[2], a->mask_stride[2],
                             a->mask_stride[3], a->keys * SPLIT_CHUNKS};
    if (a->rows > SPLIT_ROWS || a->batches * a->heads > TICKETS || !a->is_vectors)
        return false;
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++)
        if (steps[i] > INT32_MAX)
            return false;
    if (dtype != TORCH_FLOAT32 && a->width % 16 != 0)
        return false;  // as tensor cores take them
    int64_t vectors = a->rows * a->width * (int64_t)element_size(dtype) / VECTOR_BYTES;
    int64_t groups = dtype == TORCH_FLOAT32 ? SPLIT_THREADS / vectors : 1;
    a->split_groups = (int32_t)(groups < 1 ? 1 : groups > GROUPS_MAX ? GROUPS_MAX : groups);
    return split_shared_bytes(a, dtype, 0) <= SHARED_MAX;
}

// Zeros, one for each head; kernels leave them so. They stay where they are: recordings know them.
static uint32_t *tickets(void)
{
    static uint32_t *kept;
    if (kept == NULL) {
        kept = gpu_allocate(TICKETS * sizeof *kept);
        gpu_clear(kept, TICKETS * sizeof *kept);
    }
    return kept;
}

// Many blocks of one chunk each keep a long cache's keys and values coming; clusters have few
// blocks to a head but lose no time in bringing together what these found.
static bool is_cluster_better(const struct gpu_attention *a, unsigned cluster)
{
    bool is_many = cluster * a->batches * a->heads >= MANY_BLOCKS;
    return ceiling(a->keys, SPLIT_KEYS) <= cluster * (is_many ? SPLIT_CHUNKS : SOME_CHUNKS);
}

// The blocks of a cluster: few start sooner, many are through a long cache sooner.
static unsigned cluster_blocks(const struct gpu_attention *a)
{
    unsigned most = driver_cluster_blocks();
    bool is_enough = ceiling(a->keys, SPLIT_KEYS) <= CLUSTER_PORTABLE
                     || CLUSTER_PORTABLE * a->batches * a->heads >= MANY_BLOCKS;
    return is_enough && most > CLUSTER_PORTABLE ? CLUSTER_PORTABLE : most;
}

static void launch_few_rows(struct gpu_attention *a, enum torch_dtype dtype)
{
    char name[NAME_SIZE];
    unsigned cluster = cluster_blocks(a);
    struct launch launch = {.kernel = name,
                            .grid = {cluster, (unsigned)(a->batches * a->heads)},
                            .threads = SPLIT_THREADS,
                            .shared_bytes = split_shared_bytes(a, dtype, cluster),
                            .is_cluster = true};
    snprintf(name, sizeof name, "attention_few_rows_cluster_%s", type_name(dtype));
    if (is_cluster_better(a, cluster) && launch.shared_bytes <= SHARED_MAX) {
        driver_launch(&launch, a);
        return;
    }
    snprintf(name, sizeof name, "attention_few_rows_split_%s", type_name(dtype));
    launch.is_cluster = false;
    launch.shared_bytes = split_shared_bytes(a, dtype, 0);
    launch.grid[0] = ceiling(a->keys, SPLIT_KEYS);
    a->tickets = tickets();
    a->partial = gpu_allocate((size_t)launch.grid[0] * launch.grid[1]
                              * (size_t)(a->rows * (a->width + 2)) * sizeof *a->partial);
    driver_launch(&launch, a);
    gpu_release(a->partial);
}

// Launches the survey of the mask; returns its result. Free with gpu_release().
static void *launch_survey(struct gpu_attention *a, enum torch_dtype dtype)
{
    char name[NAME_SIZE];
    unsigned tiles = ceiling(a->rows, MANY_QUERIES) * ceiling(a->keys, MANY_KEYS(a->width));
    unsigned heads = a->mask_stride[1] != 0 ? (unsigned)a->heads : 1;
    unsigned masks = a->mask_stride[0] != 0 ? heads * (unsigned)a->batches : heads;
    a->seen_stride[0] = a->mask_stride[0] != 0 ? (int64_t)heads * tiles : 0;
    a->seen_stride[1] = a->mask_stride[1] != 0 ? tiles : 0;
    a->seen = gpu_allocate((size_t)masks * tiles);
    snprintf(name, sizeof name, "attention_many_rows_survey_%s", type_name(dtype));
    driver_launch(&(struct launch){.kernel = name,
                                   .grid = {tiles, masks},
                                   .threads = SURVEY_THREADS},
                  a);
    return a->seen;
}

static void launch_many_queries(struct gpu_attention *a, enum torch_dtype dtype)
{
    char name[NAME_SIZE];
    unsigned width = a->width <= 64 ? 64 : a->width <= 128 ? 128 : QUERY_WIDTH_MAX;
    void *seen = a->mask != NULL && a->keys > 0 ? launch_survey(a, dtype) : NULL;
    snprintf(name, sizeof name, "attention_many_rows_%s_%u", type_name(dtype), width);
    driver_launch(&(struct launch){.kernel = name,
                                   .grid = {ceiling(a->rows, MANY_QUERIES),
                                            (unsigned)(a->batches * a->heads)},
                                   .threads = MANY_QUERY_THREADS,
                                   .shared_bytes = (unsigned)MANY_QUERIES_BYTES(width)},
                  a);
    if (seen != NULL)
        gpu_release(seen);
}

// Steps have kernels of their own. Rows of a prompt always take the same kernel, however few they
// are, so that their bits do not depend on how the prompt is cut into chunks.
static void launch_attention(struct gpu_attention *a, enum torch_dtype dtype)
{
    char name[NAME_SIZE];
    a->is_vectors = is_attention_of_vectors(a, dtype);
    if (a->written != NULL && is_few_rows(a, dtype)) {
        launch_few_rows(a, dtype);
        return;
    }
    if (a->is_vectors && dtype != TORCH_FLOAT32) {
        launch_many_queries(a, dtype);
        return;
    }
    snprintf(name, sizeof name, "attention_tile_%s", type_name(dtype));
    driver_launch(
        &(struct launch){
            .kernel = name,
            .grid = {ceiling(a->rows, QUERY_ROWS), (unsigned)(a->batches * a->heads)},
            .threads = QUERY_THREADS,
            .shared_bytes = (unsigned)((QUERY_ROWS + QUERY_KEYS) * QUERY_PITCH(a->width))
                            * (unsigned)sizeof(float)},
        a);
}

torch_error aoti_local_cuda__scaled_dot_product_efficient_attention(
    tensor_handle query, tensor_handle key, tensor_handle value, tensor_handle *mask,
    int32_t wants_log_sum_exp, double dropout, int32_t is_causal, double *scale,
    tensor_handle *out, tensor_handle *log_sum_exp, tensor_handle *seed, tensor_handle *offset)
{
    struct view q, k, v, m;
    struct gpu_attention attention;
    bool is_masked = mask != NULL && *mask != NULL;
    if (wants_log_sum_exp || dropout != 0 || is_causal)
        return refuse("attention", "it is asked for what a forward pass has no use of");
    if (!view_read(&own_environment, query, &q) || !view_read(&own_environment, key, &k)
        || !view_read(&own_environment, value, &v)
        || (is_masked && !view_read(&own_environment, *mask, &m))
        || !set_attention(&attention, &q, &k, &v, is_masked ? &m : NULL))
        return refuse("attention", "its operands have other shapes or types");
    attention.written = written;
    attention.scale = scale != NULL ? (float)*scale : 1 / sqrtf((float)attention.width);
    *log_sum_exp = *seed = *offset = NULL;  // of no use without gradients
    if (make_attention_result(&attention, q.dtype, out) != 0)
        return FAILED;
    if (attention.rows > 0)
        launch_attention(&attention, q.dtype);
    return 0;
}
