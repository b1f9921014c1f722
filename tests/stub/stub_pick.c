// SPDX-License-Identifier: BSD-2-Clause
// The only kernel that greedy answers on the stub GPU need, in short form: see src/gpu/picks.cu.

#include <string.h>

#include "gpu/kernels.h"
#include "stub.h"

static void run_pick_largest(const struct stub_kernel *kernel, const struct stub_launch *launch,
                             void **arguments)
{
    const struct gpu_pick *p = arguments[0];
    int64_t position = ++p->sequence->position;
    int32_t best = 0;
    (void)kernel, (void)launch;
    for (int32_t i = 1; i < p->count; i++)
        if (p->logits[i] > p->logits[best])
            best = i;
    bool is_number = p->logits[best] == p->logits[best];
    p->sequence->id = p->ids[position] = best;
    memset((char *)p->mask + position * p->mask_size, 0, (size_t)p->mask_size);
    p->answer[position % PICK_ANSWERS] = is_number ? best : PICK_NOT_A_NUMBER;
}

const struct stub_kernel *stub_find_kernel(const char *name)
{
    static const struct stub_kernel pick_largest = {run_pick_largest, {sizeof(struct gpu_pick)}};
    return strcmp(name, "pick_largest") == 0 ? &pick_largest : NULL;
}
