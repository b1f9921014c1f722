// SPDX-License-Identifier: BSD-2-Clause
// A row of bfloat16 as 16-bit integers, in parts. Each part has its own scale and is within 2^-16
// of its largest value, where bfloat16 itself is within 2^-9 of each value. Sums within a part are
// exact.
//
// whole_numbers_LEVEL.h has is_whole_row() and make_part() in the instructions of a level, and says
// how the integers are stored.

#ifndef AOTI_RUNTIME_WHOLE_NUMBERS_H
#define AOTI_RUNTIME_WHOLE_NUMBERS_H

#include <float.h>
#include <stdbool.h>
#include <stdint.h>

#include "runtime/finish.h"
#include "runtime/vector.h"

// Value k is about scale * integer k.
struct part {
    float scale;
    float total;  // of the values
    int32_t sum;  // of the integers
};

// Returns the bytes that COUNT integers take.
static inline int64_t whole_bytes(int64_t count)
{
    return count * (int64_t)sizeof(int16_t);
}

// Returns what the values of a part are multiplied with. A part so small that its integers would be
// lost makes no difference.
static inline float whole_factor(float scale)
{
    return scale < FLT_MIN ? 0 : 1 / scale;
}

#endif
