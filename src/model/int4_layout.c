// SPDX-License-Identifier: BSD-2-Clause

#include "config.h"

#include "model/int4_layout.h"

#include <string.h>

enum { INNER = 32, COLUMNS = 64, BYTES = COLUMNS * INNER / 2, ZEROS = 0x88, SEVEN = 0x8f };

// Multiplies a row of a 1 followed by zeros, which yields the first weight of each column as the
// operator reads it.
static bool first_weights(const struct runtime *libtorch, operator_int4_mm *multiply,
                          uint8_t bytes[BYTES], float result[COLUMNS])
{
    const int64_t rows[] = {1, INNER}, packed[] = {COLUMNS, INNER / 2}, one[] = {1, 1};
    const int64_t pairs[] = {1, COLUMNS, 2};
    float row[INNER] = {1}, scales_and_zeros[2 * COLUMNS];
    int64_t size = INNER;
    for (size_t i = 0; i < COLUMNS; i++) {
        scales_and_zeros[2 * i] = 1;
        scales_and_zeros[2 * i + 1] = 0;
    }
    tensor_handle operands[] = {
        runtime_tensor(libtorch, row, TORCH_FLOAT32, 2, rows),
        runtime_tensor(libtorch, bytes, TORCH_UINT8, 2, packed),
        runtime_tensor(libtorch, &size, TORCH_INT64, 2, one),
        runtime_tensor(libtorch, scales_and_zeros, TORCH_FLOAT32, 3, pairs),
    };
    tensor_handle out = NULL;
    void *data = NULL;
    if (multiply(operands[0], operands[1], operands[2], operands[3], &out) == 0
        && libtorch->get_data_ptr(out, &data) == 0)
        memcpy(result, data, COLUMNS * sizeof *result);
    for (size_t i = 0; i < sizeof operands / sizeof *operands; i++)
        libtorch->delete_tensor_object(operands[i]);
    if (out != NULL)
        libtorch->delete_tensor_object(out);
    return data != NULL;
}

int64_t int4_layout_block(const struct runtime *libtorch, operator_int4_mm *multiply)
{
    // Marks the first weight of column 17 of the only block of 64, and of column 1 of the second
    // block of 32. No layout has both bytes as first weights.
    enum { OF_64 = 1 + COLUMNS / 4, OF_32 = BYTES / 2 + 1, COLUMN_OF_32 = COLUMNS / 2 + 1 };
    uint8_t bytes[BYTES];
    float result[COLUMNS];
    memset(bytes, ZEROS, sizeof bytes);
    bytes[OF_64] = bytes[OF_32] = SEVEN;
    if (!first_weights(libtorch, multiply, bytes, result))
        return 0;
    int64_t block = 0;
    for (int64_t i = 0; i < COLUMNS; i++)
        if (result[i] != 0)
            block = i == OF_64 ? 64 : i == COLUMN_OF_32 ? 32 : 0;
    return block;
}
