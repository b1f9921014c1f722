// SPDX-License-Identifier: BSD-2-Clause

#include "config.h"

#include "gpu/operators.h"

#include <stdio.h>

#include "common/diagnostics.h"
#include "gpu/cuda_runtime.h"
#include "gpu/driver.h"
#include "gpu/kernels.h"
#include "gpu/operands.h"
#include "runtime/convert.h"
#include "runtime/own_tensors.h"
#include "runtime/view.h"

enum {
    MATRIX = 2,
    TYPES_SIZE = 16,
    LARGE_TILES = 96,
};

// ---- Products ----

static void set_matrix(const void **data, int64_t strides[2], const struct view *view)
{
    struct matrix matrix = view_matrix(view, 0);
    *data = matrix.data;
    strides[0] = matrix.row_stride;
    strides[1] = matrix.column_stride;
}

// Returns true if rows of the left and columns of the right side can be read in whole vectors.
static bool is_vectors(const struct gpu_product *p, enum torch_dtype left, enum torch_dtype right)
{
    return p->left_stride[1] == 1 && p->right_stride[0] == 1
           && p->inner % (VECTOR_BYTES / (int64_t)element_size(right)) == 0
           && is_aligned(p->left, p->left_stride[0], left)
           && is_aligned(p->right, p->right_stride[1], right);
}

// How many pieces of its columns each warp is to have under way: where all blocks are at work at
// once and leave room, some more.
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

// Blocks that take several tiles start only once. With very many tiles, the few blocks that finish
// last would cost more than that saves.
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
        driver_map(&tiled.right, &(struct boxed_matrix){.data = p->right,
                                                        .rows = (uint64_t)p->columns,
                                                        .bytes = (uint64_t)p->inner,
                                                        .pitch = (uint64_t)p->right_stride[1],
                                                        .box_rows = TILES_COLUMNS,
                                                        .box_bytes = TILES_ACROSS});
    snprintf(name, sizeof name, "product_one_row_tiles_int8_%s", type_name(dtype));
    driver_launch(&(struct launch){.kernel = name,
                                   .grid = {tiles_blocks(p), 1},
                                   .threads = TILES_WARPS * 32,
                                   .shared_bytes = bytes},
                  &tiled);
}

// A row by weights of 8 bits, on tensor cores where the row is of 16 bits and there is enough
// shared memory for it.
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

// ---- Many rows, compute capability 9.0 ----

// The tiles that kernels exist for, in warpgroups of MANY_COLUMNS columns and in rows.
static const struct many_tile {
    unsigned groups, rows;
} many_tiles[] = {{1, 16}, {1, 32}, {1, 64}, {1, 128}, {2, 192}, {2, 256}};

enum { MANY_TILES = sizeof many_tiles / sizeof *many_tiles };

static unsigned count_many_tiles(const struct gpu_product *p, const struct many_tile *tile)
{
    return ceiling(p->columns, MANY_COLUMNS * tile->groups) * ceiling(p->rows, tile->rows);
}

// Returns how many blocks a multiprocessor runs at once.
static unsigned many_blocks(const struct many_tile *tile)
{
    return MANY_GROUPS_MAX / tile->groups;
}

// Estimates the time of a product in cycles: the tiles that a multiprocessor computes one after the
// other, times the cycles of a stage, which either the tensor cores or the latency from the copy to
// the product bounds. Within a tenth of what an H200 took for 16 to 1,900 rows by the weights of a
// 3B model.
static unsigned many_tile_cost(const struct gpu_product *p, const struct many_tile *tile)
{
    unsigned blocks = many_blocks(tile);
    unsigned turns = ceiling(count_many_tiles(p, tile),
                             blocks * driver_limit(CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT));
    unsigned multiplying = 2 * blocks * tile->groups * tile->rows, passing = 300 + 2 * tile->rows;
    return turns * (multiplying > passing ? multiplying : passing);
}

// Returns the fastest tile. All tiles give the same bits.
static const struct many_tile *choose_many_tile(const struct gpu_product *p)
{
    const struct many_tile *best = &many_tiles[0];
    for (size_t i = 1; i < MANY_TILES; i++)
        if (many_tile_cost(p, &many_tiles[i]) < many_tile_cost(p, best))
            best = &many_tiles[i];
    return best;
}

static struct gpu_many_rows map_many_rows(const struct gpu_product *p, const struct many_tile *tile,
                                          uint64_t size, uint64_t right_size)
{
    struct gpu_many_rows many = {.product = *p};
    driver_map(&many.left, &(struct boxed_matrix){.data = p->left,
                                                  .rows = (uint64_t)p->rows,
                                                  .bytes = (uint64_t)p->inner * size,
                                                  .pitch = (uint64_t)p->left_stride[0] * size,
                                                  .box_rows = tile->rows,
                                                  .box_bytes = MANY_DEPTH * (unsigned)size});
    driver_map(&many.right,
               &(struct boxed_matrix){.data = p->right,
                                      .rows = (uint64_t)p->columns,
                                      .bytes = (uint64_t)p->inner * right_size,
                                      .pitch = (uint64_t)p->right_stride[1] * right_size,
                                      .box_rows = tile->groups * MANY_COLUMNS,
                                      .box_bytes = MANY_DEPTH * (unsigned)right_size});
    return many;
}

// Returns true if tensor maps and the kernel for compute capability 9.0 can take these operands.
static bool is_for_many_rows(const struct gpu_product *p, enum torch_dtype dtype,
                             enum torch_dtype right)
{
    return dtype != TORCH_FLOAT32 && is_vectors(p, dtype, right) && p->inner > 0
           && p->left_stride[0] >= p->inner && p->right_stride[1] >= p->inner
           && p->out_stride[1] == 1 && is_aligned(p->out, p->out_stride[0], dtype);
}

// Launches the kernel for compute capability 9.0; returns false if it cannot take the product.
static bool launch_many_rows(const struct gpu_product *p, enum torch_dtype dtype,
                             enum torch_dtype right)
{
    char name[NAME_SIZE];
    if (!is_for_many_rows(p, dtype, right))
        return false;
    const struct many_tile *tile = choose_many_tile(p);
    uint64_t size = element_size(dtype), right_size = element_size(right);
    snprintf(name, sizeof name, "product_many_rows_sm90_%s_%s_%u_%u",
             right == TORCH_INT8 ? "int8" : type_name(dtype), type_name(dtype), tile->groups,
             tile->rows);
    if (!driver_has_kernel(name))
        return false;
    unsigned count = count_many_tiles(p, tile);
    unsigned most =
        many_blocks(tile) * driver_limit(CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT);
    struct gpu_many_rows many = map_many_rows(p, tile, size, right_size);
    driver_launch(
        &(struct launch){
            .kernel = name,
            .grid = {count < most ? count : most, 1},
            .threads = (unsigned)MANY_THREADS(tile->groups),
            .shared_bytes = (unsigned)MANY_BYTES(right_size, tile->groups, tile->rows),
        },
        &many);
    return true;
}

// ---- Many rows ----

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
        p->right_is_constant = gpu_is_constant(p->right);
        if (!launch_many_rows(p, dtype, dtype))
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

// Returns true if kernels can take this product; sets P from the views.
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

// Widens the weights first, on GPUs without a kernel for int8: the copy costs less than it would to
// read them once for each tile.
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
        || !view_read(&own_environment, scales, &s) || l.dimensions != MATRIX
        || r.dimensions != MATRIX
        || s.dimensions != 1 || r.dtype != TORCH_INT8 || !view_is_float(&l) || s.dtype != l.dtype
        || l.sizes[1] != r.sizes[1] || s.sizes[0] != r.sizes[0] || s.strides[0] != 1)
        return refuse("_weight_int8pack_mm", "its operands have other shapes or types");
    const int64_t sizes[] = {l.sizes[0], r.sizes[0]}, strides[] = {r.sizes[0], 1};
    if (aoti_local_empty_strided(MATRIX, sizes, strides, (int32_t)l.dtype, TORCH_DEVICE_CUDA, 0,
                                 out)
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
    product.right_is_constant = gpu_is_constant(product.right);
    if (product.rows == 1 && is_vectors(&product, l.dtype, TORCH_INT8))
        launch_one_row_int8(&product, l.dtype);
    else if (product.rows > 0 && product.columns > 0
             && !launch_many_rows(&product, l.dtype, TORCH_INT8))
        launch_widened(&product, l.dtype);
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
