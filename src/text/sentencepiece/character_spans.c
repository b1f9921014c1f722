// SPDX-License-Identifier: BSD-2-Clause

#include "config.h"

#include "text/sentencepiece/character_spans.h"

#include <stdbool.h>

void character_spans_part(const struct vocabulary *vocabulary, const int32_t *ids,
                          struct span *spans, size_t count)
{
    for (size_t first = 0, last; first < count; first = last + 1) {
        last = first;
        while (last + 1 < count && (vocabulary->flags[ids[last]] & TOKEN_BYTE)
               && spans[last].begin == spans[last].end)
            last++;
        struct span whole = spans[last];
        bool parts = whole.end - whole.begin == last - first + 1;
        for (size_t i = first; i <= last && last > first; i++)
            spans[i] = parts ? (struct span){whole.begin + i - first, whole.begin + i - first + 1}
                             : whole;
    }
}
