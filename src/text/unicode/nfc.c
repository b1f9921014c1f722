// SPDX-License-Identifier: BSD-2-Clause

#include "config.h"

#include "text/unicode/nfc.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "common/memory.h"

// Hangul syllables are computed (Unicode, section 3.12).
enum {
    L_BASE = 0x1100, V_BASE = 0x1161, T_BASE = 0x11a7, S_BASE = 0xac00,
    L_COUNT = 19, V_COUNT = 21, T_COUNT = 28, S_COUNT = L_COUNT * V_COUNT * T_COUNT,
};

static unsigned combining_class(uint32_t code)
{
    unsigned class = nfc_class(code);
    return class == NFC_JOINS_BACK ? 0 : class;
}

static void put(struct nfc_segment *segment, uint32_t code)
{
    segment->codes =
        xgrow(segment->codes, segment->count, &segment->capacity, sizeof *segment->codes);
    segment->codes[segment->count++] = code;
}

static void put_hangul(struct nfc_segment *segment, uint32_t syllable)
{
    put(segment, L_BASE + syllable / (V_COUNT * T_COUNT));
    put(segment, V_BASE + syllable % (V_COUNT * T_COUNT) / T_COUNT);
    if (syllable % T_COUNT != 0)
        put(segment, T_BASE + syllable % T_COUNT);
}

static int compare_decomposition(const void *key, const void *entry)
{
    uint32_t code = *(const uint32_t *)key;
    uint32_t other = ((const struct nfc_decomposition *)entry)->code;
    return code < other ? -1 : code > other;
}

void nfc_segment_put(struct nfc_segment *segment, uint32_t code)
{
    if (code - S_BASE < S_COUNT) {
        put_hangul(segment, code - S_BASE);
        return;
    }
    const struct nfc_decomposition *found =
        bsearch(&code, nfc_decompositions, nfc_decomposition_count, sizeof *nfc_decompositions,
                compare_decomposition);
    if (found == NULL) {
        put(segment, code);
        return;
    }
    for (unsigned i = 0; i < found->part_count; i++)
        put(segment, nfc_parts[found->first_part + i]);
}

// Sorts the COUNT marks at CODES by combining class, stably. Counting sort, since a run of marks
// may have any length.
static void sort_marks(struct nfc_segment *segment, uint32_t *codes, size_t count)
{
    size_t starts[256] = {0};
    for (size_t i = 0; i < count; i++)
        starts[combining_class(codes[i])]++;
    size_t next = 0;
    for (unsigned class = 0; class < 256; class++) {
        size_t here = starts[class];
        starts[class] = next;
        next += here;
    }
    segment->sorted = xreallocarray(segment->sorted, segment->capacity, sizeof *segment->sorted);
    for (size_t i = 0; i < count; i++)
        segment->sorted[starts[combining_class(codes[i])]++] = codes[i];
    memcpy(codes, segment->sorted, count * sizeof *codes);
}

static void sort_all_marks(struct nfc_segment *segment)
{
    size_t first = 0;
    for (size_t i = 0; i <= segment->count; i++) {
        if (i < segment->count && combining_class(segment->codes[i]) != 0)
            continue;
        if (i - first > 1)
            sort_marks(segment, segment->codes + first, i - first);
        first = i + 1;
    }
}

static int compare_composition(const void *key, const void *entry)
{
    const struct nfc_composition *a = key, *b = entry;
    if (a->first != b->first)
        return a->first < b->first ? -1 : 1;
    return a->second < b->second ? -1 : a->second > b->second;
}

// Returns the composition of FIRST and SECOND, or 0.
static uint32_t compose(uint32_t first, uint32_t second)
{
    if (first - L_BASE < L_COUNT && second - V_BASE < V_COUNT)
        return S_BASE + ((first - L_BASE) * V_COUNT + (second - V_BASE)) * T_COUNT;
    if (first - S_BASE < S_COUNT && (first - S_BASE) % T_COUNT == 0
        && second - T_BASE - 1 < T_COUNT - 1)
        return first + (second - T_BASE);
    const struct nfc_composition key = {.first = first, .second = second};
    const struct nfc_composition *found =
        bsearch(&key, nfc_compositions, nfc_composition_count, sizeof *nfc_compositions,
                compare_composition);
    return found != NULL ? found->composed : 0;
}

// Each character joins the last starter unless a character between them blocks it.
void nfc_segment_compose(struct nfc_segment *segment)
{
    uint32_t *codes = segment->codes;
    size_t starter = SIZE_MAX, used = 0;
    unsigned last_class = 0;
    sort_all_marks(segment);
    for (size_t i = 0; i < segment->count; i++) {
        unsigned class = combining_class(codes[i]);
        bool adjacent = starter != SIZE_MAX && used == starter + 1;
        if (starter != SIZE_MAX && (adjacent || (last_class != 0 && last_class < class))) {
            uint32_t composed = compose(codes[starter], codes[i]);
            if (composed != 0) {
                codes[starter] = composed;
                continue;
            }
        }
        if (class == 0)
            starter = used;
        last_class = class;
        codes[used++] = codes[i];
    }
    segment->count = used;
}

void nfc_segment_free(struct nfc_segment *segment)
{
    free(segment->codes);
    free(segment->sorted);
    *segment = (struct nfc_segment){0};
}
