// SPDX-License-Identifier: BSD-2-Clause
// The tiles of AMX: eight registers of 16 rows of 64 bytes, which are 16 numbers of 32 bits or
// pairs of bfloat16.

#ifndef AOTI_RUNTIME_AMX_H
#define AOTI_RUNTIME_AMX_H

#include <immintrin.h>
#include <stdint.h>

#include "runtime/vector.h"

enum {
    AMX_ROWS = 16,
    AMX_PAIRS = 16,                    // of a row
    AMX_TILE = AMX_ROWS * AMX_PAIRS,   // numbers of 32 bits
};

// Makes all tiles whole for this thread, until amx_end. What is not in use need not be saved when
// another thread gets the processor.
static inline void amx_begin(void)
{
    enum { BYTES = AMX_PAIRS * sizeof(uint32_t), ROWS = AMX_ROWS };
    // Static, as GCC 12 takes the instruction to read its first word alone, and would not fill in
    // the rest of it.
    static const struct {
        uint8_t palette, start_row, reserved[14];
        uint16_t row_bytes[16];
        uint8_t rows[16];
    } shape = {
        .palette = 1,
        .row_bytes = {BYTES, BYTES, BYTES, BYTES, BYTES, BYTES, BYTES, BYTES},
        .rows = {ROWS, ROWS, ROWS, ROWS, ROWS, ROWS, ROWS, ROWS},
    };
    _tile_loadconfig(&shape);
}

static inline void amx_end(void)
{
    _tile_release();
}

// Between stores and the loads of tiles from the same memory, of which compilers do not know.
INLINE void amx_order(void)
{
    __asm__ volatile("" ::: "memory");
}

#endif
