// SPDX-License-Identifier: BSD-2-Clause

#include "config.h"

#include "gpu/operators.h"

#include <math.h>
#include <stdio.h>

#include "common/diagnostics.h"
#include "gpu/cuda_runtime.h"
#include "gpu/driver.h"
#include "gpu/kernels.h"
#include "runtime/convert.h"
#include "runtime/own_tensors.h"
#include "runtime/view.h"

enum {
    FAILED = 1,
    MATRIX = 2,
    CUBE = 4,
    NAME_SIZE = 64,
    TYPES_SIZE = 16,
    TICKETS = 65536,
    LARGE_TILES = 96,
    GROUPS_MAX = 16,
    SHARED_MAX = 96 << 10,  // bytes that every GPU has for a block
    SOME_CHUNKS = 8,    // of a block of a cluster
    MANY_BLOCKS = 128,  // about the multiprocessors of a GPU
};

static torch_error refuse(const char *operator, const char *why)
{
    warn("%s: %s", operator, why);
    return FAILED;
}

// As kernels are named.
static const char *type_name(enum torch_dtype dtype)
{
    return dtype == TORCH_BFLOAT16 ? "bf16" : dtype == TORCH_FLOAT16 ? "f16" : "f32";
}

static unsigned ceiling(int64_t count, int64_t each)
{
    return (unsigned)((count + each - 1) / each);
}

// ---- Products ----

static void set_matrix(const void **data, int64_t strides[2], const struct view *view)
{
    struct matrix matrix = view_matrix(view, 0);
    *data = matrix.data;
    strides[0] = matrix.row_stride;
    strides[1] = matrix.column_stride;
}

static bool is_aligned(const void *data, int64_t stride, enum torch_dtype dtype)
{
    return (uintptr_t)data % VECTOR_BYTES == 0
           && stride * (int64_t)element_size(dtype) % VECTOR_BYTES == 0;
}

// Whether rows of the left and columns of the right side can be read in whole vectors.
static bool is_vectors(const struct gpu_product *p, enum torch_dtype left, enum torch_dtype right)
{
    return p->left_stride[1] == 1 && p->right_stride[0] == 1
           && p->inner % (VECTOR_BYTES / (int64_t)element_size(right)) == 0
           && is_aligned(p->left, p->left_stride[0], left)
           && is_aligned(p->right, p->right_stride[1], right);
}

// How many pieces of its columns each warp is to have under way: where all blocks are at work at once
// and leave room, some more.
static int32_t one_row_pieces(unsigned blocks)
{
    unsigned at_once = ceiling(blocks, driver_limit(CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT));
    unsigned pieces = ONE_ROW_BLOCKS * ONE_ROW_PIECES / at_once;
    if (!driver_has_bulk_copies() || pieces < ONE_ROW_PIECES)
        return ONE_ROW_PIECES;
    return pieces > ONE_ROW_PIECES_MAX ? ONE_ROW_PIECES_MAX : (int32_t)pieces;
}

static void launch_one_row(struct gpu_product *p, const char *types)
{
    char name[NAME_SIZE];
    unsigned blocks = ceiling(p->columns, ONE_ROW_WARPS * ONE_ROW_COLUMNS);
    p->pieces = one_row_pieces(blocks);
    snprintf(name, sizeof name, "product_one_row_%s", types);
    driver_launch(&(struct launch){.kernel = name,
                                   .grid = {blocks, 1},
                                   .threads = ONE_ROW_WARPS * 32,
                                   .shared_bytes = (unsigned)ONE_ROW_BYTES(p->pieces)},
                  p);
}

// Blocks that stay for several tiles do not begin anew with each; where there are very many tiles, the
// few that are last to end would cost more than that.
static unsigned tiles_blocks(const struct gpu_product *p)
{
    unsigned tiles = ceiling(p->columns, TILES_COLUMNS);
    unsigned at_once = TILES_BLOCKS * driver_limit(CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT);
    return tiles > at_once && tiles <= TILES_LASTING * at_once ? at_once : tiles;
}

static void launch_tiles(const struct gpu_product *p, enum torch_dtype dtype, unsigned bytes)
{
    char name[NAME_SIZE];
    struct gpu_tiled_product tiled = {.product = *p};
    if (driver_has_bulk_copies())
        driver_map(&tiled.right, p->right, (uint64_t)p->columns, (uint64_t)p->inner,
                   (uint64_t)p->right_stride[1]);
    snprintf(name, sizeof name, "product_one_row_tiles_int8_%s", type_name(dtype));
    driver_launch(&(struct launch){.kernel = name,
                                   .grid = {tiles_blocks(p), 1},
                                   .threads = TILES_WARPS * 32,
                                   .shared_bytes = bytes},
                  &tiled);
}

// A row by weights of 8 bits, on tensor cores where the row is of 16 bits and there is enough shared
// memory for it.
static void launch_one_row_int8(struct gpu_product *p, enum torch_dtype dtype)
{
    char types[TYPES_SIZE];
    unsigned bytes = (unsigned)TILES_BYTES(p->inner);
    p->right_is_constant = gpu_is_constant(p->right);
    if (dtype != TORCH_FLOAT32
        && bytes <= driver_limit(CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN)) {
        launch_tiles(p, dtype, bytes);
    } else {
        snprintf(types, sizeof types, "int8_%s", type_name(dtype));
        launch_one_row(p, types);
    }
}

static void launch_tile(struct gpu_product *p, enum torch_dtype dtype)
{
    char name[NAME_SIZE];
    // Large tiles read the operands less often; small ones keep more of the GPU busy.
    unsigned large = ceiling(p->columns, 128) * ceiling(p->rows, 128);
    bool is_large = large >= LARGE_TILES;
    unsigned rows = is_large ? 128 : 64, columns = is_large ? 128 : 32;
    unsigned stages = is_large ? TILE_WIDE_STAGES : TILE_STAGES;
    snprintf(name, sizeof name, "product_tile_%s_%u_%u", type_name(dtype), rows, columns);
    driver_launch(&(struct launch){.kernel = name,
                                   .grid = {ceiling(p->columns, columns), ceiling(p->rows, rows)},
                                   .threads = 2 * rows,
                                   .shared_bytes = stages * (rows + columns) * TILE_DEPTH * 2},
                  p);
}

static void launch_product(struct gpu_product *p, enum torch_dtype dtype)
{
    char name[NAME_SIZE];
    if (p->rows == 0 || p->columns == 0)
        return;
    if (is_vectors(p, dtype, dtype) && p->rows == 1) {
        p->right_is_constant = gpu_is_constant(p->right);
        launch_one_row(p, type_name(dtype));
    } else if (is_vectors(p, dtype, dtype) && dtype != TORCH_FLOAT32) {
        launch_tile(p, dtype);
    } else if (dtype == TORCH_FLOAT32) {
        driver_launch(&(struct launch){.kernel = "product_blocks_f32",
                                       .grid = {ceiling(p->columns, BLOCKS_SIDE),
                                                ceiling(p->rows, BLOCKS_SIDE)},
                                       .threads = BLOCKS_THREADS},
                      p);
    } else {
        snprintf(name, sizeof name, "product_plain_%s", type_name(dtype));
        driver_launch(&(struct launch){.kernel = name,
                                       .grid = {ceiling(p->rows * p->columns, PLAIN_THREADS), 1},
                                       .threads = PLAIN_THREADS},
                      p);
    }
}

// Whether the views are a product that our kernels take; fills what it can.
static bool set_product(struct gpu_product *p, const struct view *out, const struct view *left,
                        const struct view *right)
{
    if (out->dimensions != MATRIX || left->dimensions != MATRIX || right->dimensions != MATRIX
        || left->sizes[1] != right->sizes[0] || out->sizes[0] != left->sizes[0]
        || out->sizes[1] != right->sizes[1] || !view_is_float(left)
        || right->dtype != left->dtype || out->dtype != left->dtype)
        return false;
    *p = (struct gpu_product){
        .rows = left->sizes[0],
        .columns = right->sizes[1],
        .inner = left->sizes[1],
        .alpha = 1,
    };
    set_matrix(&p->left, p->left_stride, left);
    set_matrix(&p->right, p->right_stride, right);
    const void *result;
    set_matrix(&result, p->out_stride, out);
    p->out = (void *)(uintptr_t)result;
    return true;
}

torch_error aoti_local_cuda_mm_out(tensor_handle out, tensor_handle left, tensor_handle right)
{
    struct view o, l, r;
    struct gpu_product product;
    if (!view_read(&own_environment, out, &o) || !view_read(&own_environment, left, &l)
        || !view_read(&own_environment, right, &r) || !set_product(&product, &o, &l, &r))
        return refuse("mm", "its operands have other shapes or types");
    launch_product(&product, l.dtype);
    return 0;
}

torch_error aoti_local_cuda_addmm_out(tensor_handle out, tensor_handle addend, tensor_handle left,
                                      tensor_handle right, double beta, double alpha)
{
    struct view o, a, l, r;
    struct gpu_product product;
    struct cube cube;
    if (!view_read(&own_environment, out, &o) || !view_read(&own_environment, addend, &a)
        || !view_read(&own_environment, left, &l) || !view_read(&own_environment, right, &r)
        || !set_product(&product, &o, &l, &r) || a.dtype != l.dtype)
        return refuse("addmm", "its operands have other shapes or types");
    const int64_t sizes[4] = {1, 1, product.rows, product.columns};
    if (!view_cube(&a, sizes, &cube))
        return refuse("addmm", "what it adds has another shape");
    product.alpha = (float)alpha;
    product.beta = (float)beta;
    if (beta != 0) {
        product.addend = cube.data;
        product.addend_stride[0] = cube.strides[2];
        product.addend_stride[1] = cube.strides[3];
    }
    launch_product(&product, l.dtype);
    return 0;
}

// Many rows: the weights are widened first, a copy that costs less than reading them as they lie
// for each tile would.
static void launch_widened(struct gpu_product *p, enum torch_dtype dtype)
{
    char name[NAME_SIZE];
    size_t bytes = (size_t)(p->inner * p->columns) * element_size(dtype);
    struct gpu_product widening = *p;
    widening.out = gpu_allocate(bytes);
    snprintf(name, sizeof name, "product_widen_%s", type_name(dtype));
    driver_launch(&(struct launch){.kernel = name,
                                   .grid = {(unsigned)p->columns, 1},
                                   .threads = WIDEN_THREADS},
                  &widening);
    p->right = widening.out;
    p->right_stride[0] = 1;
    p->right_stride[1] = p->inner;
    launch_product(p, dtype);
    gpu_release(widening.out);
}

torch_error aoti_local_cuda__weight_int8pack_mm(tensor_handle left, tensor_handle right,
                                                tensor_handle scales, tensor_handle *out)
{
    struct view o, l, r, s;
    if (!view_read(&own_environment, left, &l) || !view_read(&own_environment, right, &r)
        || !view_read(&own_environment, scales, &s) || l.dimensions != MATRIX || r.dimensions != MATRIX
        || s.dimensions != 1 || r.dtype != TORCH_INT8 || !view_is_float(&l) || s.dtype != l.dtype
        || l.sizes[1] != r.sizes[1] || s.sizes[0] != r.sizes[0] || s.strides[0] != 1)
        return refuse("_weight_int8pack_mm", "its operands have other shapes or types");
    const int64_t sizes[] = {l.sizes[0], r.sizes[0]}, strides[] = {r.sizes[0], 1};
    if (aoti_local_empty_strided(MATRIX, sizes, strides, (int32_t)l.dtype, TORCH_DEVICE_CUDA, 0, out)
            != 0
        || !view_read(&own_environment, *out, &o))
        return FAILED;
    struct gpu_product product = {
        .rows = sizes[0],
        .columns = sizes[1],
        .inner = l.sizes[1],
        .out = o.data,
        .out_stride = {strides[0], strides[1]},
        .scales = s.data,
        .alpha = 1,
    };
    set_matrix(&product.left, product.left_stride, &l);
    set_matrix(&product.right, product.right_stride, &r);
    // The right side comes transposed: a row of it is a column of the product.
    int64_t stride = product.right_stride[0];
    product.right_stride[0] = product.right_stride[1];
    product.right_stride[1] = stride;
    if (product.rows == 1 && is_vectors(&product, l.dtype, TORCH_INT8))
        launch_one_row_int8(&product, l.dtype);
    else
        launch_widened(&product, l.dtype);
    return 0;
}

// ---- Attention ----

// Of the step that is put into the stream.
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

// Laid out as libtorch does: [batches, rows, heads, width].
static torch_error make_attention_result(struct gpu_attention *a, enum torch_dtype dtype,
                                         tensor_handle *out)
{
    const int64_t sizes[] = {a->batches, a->heads, a->rows, a->width};
    const int64_t strides[] = {a->rows * a->heads * a->width, a->width, a->heads * a->width, 1};
    if (aoti_local_empty_strided(CUBE, sizes, strides, (int32_t)dtype, TORCH_DEVICE_CUDA, 0, out) != 0)
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

// Whether a kernel for a few rows takes these; sets how it divides its work.
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

// Many blocks of one chunk each keep a long cache's keys and values coming; clusters have few blocks
// to a head but lose no time in bringing together what these found.
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

static void launch_attention(struct gpu_attention *a, enum torch_dtype dtype)
{
    char name[NAME_SIZE];
    a->is_vectors = is_attention_of_vectors(a, dtype);
    if (is_few_rows(a, dtype)) {
        launch_few_rows(a, dtype);
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
        || !view_read(&own_environment, value, &v) || (is_masked && !view_read(&own_environment, *mask, &m))
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

// ---- What else graphs call ----

// All work goes to one stream, so guards have nothing to guard.
torch_error aoti_local_create_cuda_stream_guard(void *stream, int32_t device, void **guard)
{
    (void)stream;
    (void)device;
    static char nothing;
    *guard = &nothing;
    return 0;
}

torch_error aoti_local_delete_cuda_stream_guard(void *guard)
{
    (void)guard;
    return 0;
}

void gpu_use_tensors(void)
{
    static const struct own_memory memory = {gpu_allocate, gpu_release, gpu_copy};
    own_tensors_use_gpu(&memory);
}

#define TORCH(name) {"aoti_torch_" #name, (void (*)(void))aoti_local_##name, false}
#define CUDA(name) {"cuda" #name, (void (*)(void))aoti##name, false}

static const struct own_function functions[] = {
    TORCH(create_cuda_stream_guard),
    TORCH(cuda__scaled_dot_product_efficient_attention),
    TORCH(cuda__weight_int8pack_mm),
    TORCH(cuda_addmm_out),
    TORCH(cuda_mm_out),
    TORCH(delete_cuda_stream_guard),
    CUDA(EventCreate),
    CUDA(EventDestroy),
    CUDA(EventQuery),
    CUDA(EventRecord),
    CUDA(EventSynchronize),
    CUDA(Free),
    CUDA(GetDevice),
    CUDA(GetErrorString),
    CUDA(GetLastError),
    CUDA(Malloc),
    CUDA(Memcpy),
    CUDA(SetDevice),
    {"cuLaunchKernel", (void (*)(void))aoLaunchKernel, false},
};

const struct own_function *gpu_function(size_t index)
{
    return index < sizeof functions / sizeof *functions ? &functions[index] : NULL;
}
