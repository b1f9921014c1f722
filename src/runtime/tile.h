// SPDX-License-Identifier: BSD-2-Clause
// The innermost loop of products of many rows and of attention: a tile of results in registers.

#ifndef AOTI_RUNTIME_TILE_H
#define AOTI_RUNTIME_TILE_H

#include "runtime/vector.h"

// A tile is TILE_COLUMNS columns of up to TILE_VECTORS vectors; a lane is a row. The registers of
// the level hold the tile, the vectors of the left side and one element of the right side.
enum {
    TILE_VECTORS = 3,
    TILE_COLUMNS = VECTOR_REGISTERS >= 32 ? 8 : 4,
};

// Operands of a tile; strides are in floats.
struct tile_operands {
    const float *left;  // vector v of step k: left + v * left_vector + k * left_step
    int64_t left_vector, left_step;
    const float *right;  // column j of step k: right + j * right_column + k * right_step
    int64_t right_column, right_step;
    float *sums;  // vector v of column j: sums + j * sums_column + v * LANES; added to
    int64_t sums_column;
    int64_t steps;
};

INLINE void tile_run(const struct tile_operands *o, int vectors)
{
    vector sum[TILE_COLUMNS][TILE_VECTORS];
    UNROLLED for (int j = 0; j < TILE_COLUMNS; j++)
        UNROLLED for (int v = 0; v < vectors; v++)
            sum[j][v] = vector_load(o->sums + j * o->sums_column + v * LANES);
    for (int64_t k = 0; k < o->steps; k++) {
        vector left[TILE_VECTORS];
        UNROLLED for (int v = 0; v < vectors; v++)
            left[v] = vector_load(o->left + v * o->left_vector + k * o->left_step);
        UNROLLED for (int j = 0; j < TILE_COLUMNS; j++) {
            vector right = vector_of(o->right[j * o->right_column + k * o->right_step]);
            UNROLLED for (int v = 0; v < vectors; v++)
                sum[j][v] += left[v] * right;
        }
    }
    UNROLLED for (int j = 0; j < TILE_COLUMNS; j++)
        UNROLLED for (int v = 0; v < vectors; v++)
            vector_store(o->sums + j * o->sums_column + v * LANES, sum[j][v]);
}

// Takes the operands by value, so that constants at the call stay constants in the loop.
INLINE void tile_add(struct tile_operands operands, int64_t vectors)
{
    if (vectors >= 3)
        tile_run(&operands, 3);
    else if (vectors == 2)
        tile_run(&operands, 2);
    else
        tile_run(&operands, 1);
}

#endif
