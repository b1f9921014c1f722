// SPDX-License-Identifier: BSD-2-Clause
// What our CUDA kernels take, for the C that launches them and for the CUDA that they are. Strides
// count elements. Each kernel is launched by its name; what T stands for in it is bf16, f16, f32.

#ifndef AOTI_GPU_KERNELS_H
#define AOTI_GPU_KERNELS_H

#include <stdint.h>

// out [rows, columns] = alpha * left [rows, inner] x right [inner, columns] * scales [columns]
//                       + beta * addend. Sums are taken in float32.
struct gpu_product {
    int64_t rows, columns, inner;
    const void *left, *right, *scales, *addend;  // the last two may be NULL
    void *out;
    int64_t left_stride[2], right_stride[2], out_stride[2], addend_stride[2];
    float alpha, beta;
    int32_t right_is_constant;  // no kernel writes to it
    int32_t pieces;             // product_one_row_T: that are under way at once
};

// product_one_row_T: a row by a transposed matrix of T, or of int8 (product_one_row_int8_T). Inner
// is whole vectors. A warp has columns of its own. Shared memory: ONE_ROW_BYTES of pieces.
enum {
    VECTOR_BYTES = 16,
    ONE_ROW_WARPS = 4,
    ONE_ROW_COLUMNS = 2,  // of a warp
    ONE_ROW_VECTORS = 2,  // of a column that a lane fetches together: a piece is those of all lanes
    ONE_ROW_PIECES = 4,   // that are under way at once, at least
    ONE_ROW_PIECES_MAX = 5,
    ONE_ROW_AHEAD = 4,   // pieces of the row that are read before they are needed
    ONE_ROW_PACE = 1,    // pieces that are under way before the row is there to be multiplied
    ONE_ROW_BLOCKS = 6,  // whose shared memory a multiprocessor of an H100 has
    ONE_ROW_PIECE_BYTES = ONE_ROW_COLUMNS * ONE_ROW_VECTORS * 32 * VECTOR_BYTES,
};
#define ONE_ROW_BYTES(pieces) (ONE_ROW_WARPS * (pieces) * (ONE_ROW_PIECE_BYTES + 8))

// product_one_row_tiles_int8_T: the same on tensor cores, T not f32. A block has tiles of columns, a
// warp of it every TILES_WARPS-th part of the row. Shared memory: TILES_BYTES of inner.
enum {
    TILES_WARPS = 8,
    TILES_COLUMNS = 16,
    TILES_ACROSS = 128,  // bytes of a column in a box, and of what is between boxes
    TILES_BOXES = 5,     // that are under way at once, of a warp
    TILES_PACE = 1,      // before the row is there to be multiplied
    TILES_BLOCKS = 2,    // that a multiprocessor has
    TILES_LASTING = 20,  // turns up to which a block takes several tiles
    TILES_BOX_BYTES = TILES_COLUMNS * TILES_ACROSS,
    TILES_RING_BYTES = TILES_WARPS * TILES_BOXES * (TILES_BOX_BYTES + 8),
    TILES_PARTS_BYTES = 2 * TILES_WARPS * TILES_COLUMNS * 4,
};
// Boxes that a warp has of a tile.
#define TILES_STEPS(inner)                                                                       \
    ((int)(((inner) + TILES_WARPS * TILES_ACROSS - 1) / (TILES_WARPS * TILES_ACROSS)))
#define TILES_BYTES(inner)                                                                       \
    (TILES_RING_BYTES + TILES_PARTS_BYTES + TILES_STEPS(inner) * TILES_WARPS * TILES_ACROSS * 2)

// A CUtensorMap.
struct gpu_map {
    uint64_t words[16];
} __attribute__((aligned(64)));

struct gpu_tiled_product {
    struct gpu_product product;
    struct gpu_map right;  // with bulk copies: boxes of TILES_COLUMNS by TILES_ACROSS bytes
};

// product_tile_T_M_N: tiles of M x N on tensor cores, T not f32; inner is a multiple of 8 and right
// transposed. There are 2 threads a row.
enum { TILE_DEPTH = 64, TILE_STAGES = 4, TILE_WIDE_STAGES = 3 };

// product_many_rows_sm90_W_T_G_N: two or more rows by a transposed matrix of W, which is T or int8,
// on GPUs of compute capability 9.0 only. T is not f32. A tile has 64 columns for each of G
// warpgroups, by N rows. Out is contiguous along columns; its rows start at whole vectors.
enum {
    MANY_DEPTH = 64,    // elements of the inner dimension in a stage of the ring
    MANY_COLUMNS = 64,  // of a warpgroup
    MANY_GROUPS_MAX = 2,
    MANY_STAGES_MAX = 8,
    MANY_RING_BYTES = 200 << 10,       // limit with MANY_GROUPS_MAX warpgroups
    MANY_SMALL_RING_BYTES = 96 << 10,  // limit with one: a multiprocessor has two blocks
    MANY_OUT_BYTES = 16 * 16 * 2,      // results that a warp transposes at a time
};
#define MANY_STAGE_BYTES(element, groups, rows)                                                  \
    ((int)(groups) * MANY_COLUMNS * MANY_DEPTH * (int)(element) + (int)(rows) * MANY_DEPTH * 2)
#define MANY_STAGES_FIT(element, groups, rows)                                                   \
    (((groups) == MANY_GROUPS_MAX ? MANY_RING_BYTES : MANY_SMALL_RING_BYTES)                     \
     / MANY_STAGE_BYTES(element, groups, rows))
#define MANY_STAGES(element, groups, rows)                                                       \
    (MANY_STAGES_FIT(element, groups, rows) < MANY_STAGES_MAX                                    \
         ? MANY_STAGES_FIT(element, groups, rows)                                                \
         : MANY_STAGES_MAX)
#define MANY_THREADS(groups) (128 * ((groups) + 1))
#define MANY_BYTES(element, groups, rows)                                                        \
    (MANY_STAGES(element, groups, rows) * (MANY_STAGE_BYTES(element, groups, rows) + 2 * 8)      \
     + (int)(groups) * 4 * MANY_OUT_BYTES)

struct gpu_many_rows {
    struct gpu_product product;
    struct gpu_map left, right;  // boxes of MANY_DEPTH elements by N rows and by 64 G columns
};

// product_blocks_f32: tiles of BLOCKS_SIDE squared, whatever the strides.
// product_plain_T: a thread an element, whatever the strides.
enum { BLOCKS_SIDE = 64, BLOCKS_DEPTH = 16, BLOCKS_THREADS = 256, PLAIN_THREADS = 128 };

// product_widen_T: right, transposed int8, as T into out [columns, inner] without gaps; a block a
// column.
enum { WIDEN_THREADS = 128 };

// out = softmax(scale * query x key' + mask) x value, all [batches, heads, rows or keys, width];
// the strides of the last dimension of query, key, value and out are 1.
struct gpu_attention {
    int64_t batches, heads, rows, keys, width;
    const void *query, *key, *value, *mask;  // mask may be NULL
    void *out;
    int64_t query_stride[3], key_stride[3], value_stride[3], mask_stride[4], out_stride[3];
    float scale;
    const int64_t *written;  // the only position in key and value that is, or NULL; see below
    uint8_t *seen;           // many_rows: the result of the survey, or NULL without a mask
    int64_t seen_stride[2];  // of batches and of heads
    float *partial;        // few_rows_split: [batches * heads * chunks * rows * (width + 2)]
    uint32_t *tickets;     // few_rows_split: [batches * heads], zeros before and after
    int32_t split_groups;  // for a few rows: of threads, each of which mixes some of the values
    int32_t is_vectors;    // query, key and value can be read 16 bytes at a time
};

// Where WRITTEN is not NULL, kernels that are still under way write to keys and values nowhere but at
// that position, and neither to it nor to the mask.
//
// Up to SPLIT_ROWS rows, the keys in chunks of SPLIT_KEYS. Chunks that the mask hides altogether cost
// no more than the look at it. The code is small: a launch runs it once, so it is read as often as it
// is run.
// attention_few_rows_cluster_T: the blocks of a head are a cluster, a block has up to SPLIT_CHUNKS
// chunks, and what they find goes by shared memory.
// attention_few_rows_split_T: a block has a chunk; the last block of a head brings together what they
// wrote.
enum { SPLIT_KEYS = 64, SPLIT_THREADS = 256, SPLIT_ROWS = 16, SPLIT_CHUNKS = 32 };

// Elements from a key to the next in its shared memory: 16 bytes more than there are, so that lanes
// with a key each read from different banks.
#define SPLIT_PITCH(width, element_size) ((int)(width) + VECTOR_BYTES / (int)(element_size))

// attention_many_rows_T_W: rows of up to W elements, whole vectors of 16-bit elements. A block has
// MANY_QUERIES rows and loops over tiles of MANY_KEYS keys. Shared memory: MANY_QUERIES_BYTES.
//
// attention_many_rows_survey_T: classifies tiles of MANY_QUERIES rows by MANY_KEYS keys of the
// mask, a block a tile: seen [batches, heads, row tiles, key tiles] = SEEN_...
enum { MANY_QUERIES = 64, MANY_QUERY_THREADS = 128, SURVEY_THREADS = 256 };
enum {
    SEEN_NOTHING,  // every key is hidden from every row
    SEEN_SOME,
    SEEN_ALL,  // the mask adds 0 everywhere
};
#define MANY_KEYS(width) ((width) > 128 ? 32 : 64)
#define MANY_QUERIES_BYTES(width) ((MANY_QUERIES + 4 * MANY_KEYS(width)) * (int)(width) * 2)

// attention_tile_T: any number of rows; a block takes QUERY_ROWS of them, chunk by chunk of keys.
enum { QUERY_ROWS = 16, QUERY_KEYS = 32, QUERY_THREADS = 128, QUERY_WIDTH_MAX = 256 };

// Floats from one row to the next in its shared memory, so that lanes with a row each and 4 floats
// at a time read from different banks.
#define QUERY_PITCH(width) (((width) + 3) / 4 * 4 + 4)

// Where a sequence stands; lives in the memory of the GPU.
struct gpu_sequence {
    int64_t id;  // the last one, [1, 1]
    int64_t aligns_position;
    int64_t position;  // its own, [1]; graphs want inputs at multiples of 16 bytes
    uint64_t draws;    // random numbers that were drawn so far
};

// pick_*: choose the id that follows by float32 logits [count] and move the sequence on to it.
struct gpu_pick {
    const float *logits;
    int64_t count;
    struct gpu_sequence *sequence;
    int32_t *ids;      // [capacity], the whole sequence: the id chosen is put behind
    void *mask;        // [capacity + 1], a place for each position: 0 is put where the id stands
    int32_t mask_size; // bytes of one
    int32_t *answer;   // [PICK_ANSWERS], seen by the host: at the id's position modulo that many
    float *penalized;  // pick_penalize: [count], the result
    struct gpu_best *bests;  // [PICK_BLOCKS]
    uint32_t *ticket;        // zero before and after
    struct gpu_draw *draw;   // pick_select and later; zeros at first
    int32_t is_limited;      // top_k or top_p has left a limit in draw
    int32_t by_weight;       // pick_select: for top_p, else top_k; pick_draw: top_p was the last
    int32_t shift;           // pick_select: of the digit
    // As in sampling.h.
    float temperature, top_p, min_p, repetition_penalty;
    int64_t top_k;
    uint64_t seed;
};

// The largest logit of a part. Not a number is larger than all.
struct gpu_best {
    float logit;
    int32_t id;
};

enum {
    PICK_BLOCKS = 128,
    PICK_THREADS = 256,
    PICK_ANSWERS = 64,
    PICK_NOT_A_NUMBER = -2,  // in place of an id
    DRAW_DIGITS = 2048,
    DRAW_SHIFT_FIRST = 21,
    DRAW_SHIFT_SECOND = 10,  // the last digit has a bit less, and shift 0
};
#define DRAW_DIGIT_BITS(shift) ((shift) == 0 ? 10 : 11)

// State between the kernels of a draw.
struct gpu_draw {
    uint32_t least, chosen;         // the limit, an order of logits, and its digits so far
    unsigned long long equal;       // how many ids at the limit remain
    unsigned long long wanted;      // ids, or weight, still missing at the digits chosen
    unsigned long long bins[DRAW_DIGITS];  // zeros before and after
    unsigned long long ties[PICK_BLOCKS], sums[PICK_BLOCKS];
};

#endif
