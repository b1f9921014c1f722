// SPDX-License-Identifier: BSD-2-Clause
// The tiles of AMX: eight registers of 16 rows of 64 bytes, which hold 16 numbers of 32 bits or 16
// pairs of bfloat16 each.

#ifndef AOTI_RUNTIME_AMX_H
#define AOTI_RUNTIME_AMX_H

#include <immintrin.h>
#include <stdint.h>

#include "runtime/vector.h"

enum {
    AMX_ROWS = 16,
    AMX_PAIRS = 16,                    // per row
    AMX_TILE = AMX_ROWS * AMX_PAIRS,   // numbers of 32 bits
};

// Configures full-size tiles for this thread, until amx_end(). After that, a context switch need
// not save them.
static inline void amx_begin(void)
{
    enum { BYTES = AMX_PAIRS * sizeof(uint32_t), ROWS = AMX_ROWS };
    // Static: GCC 12 believes that the instruction reads only the first word, and would not
    // initialize the rest on the stack.
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

// Orders stores before tile loads from the same memory, which compilers do not see.
INLINE void amx_order(void)
{
    __asm__ volatile("" ::: "memory");
}

#endif
