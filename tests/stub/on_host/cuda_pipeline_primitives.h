// SPDX-License-Identifier: BSD-2-Clause
// In place of CUDA's header of this name.

#ifndef AOTI_TESTS_CUDA_PIPELINE_PRIMITIVES_H
#define AOTI_TESTS_CUDA_PIPELINE_PRIMITIVES_H

static inline void __pipeline_memcpy_async(void *to, const void *from, size_t bytes,
                                           size_t zeros = 0)
{
    on_host::copy_later(to, from, bytes, zeros);
}

static inline void __pipeline_commit()
{
    on_host::commit_copies();
}

static inline void __pipeline_wait_prior(size_t still_under_way)
{
    on_host::wait_for_copies(still_under_way);
}

#endif
