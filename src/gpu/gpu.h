// SPDX-License-Identifier: BSD-2-Clause
// The GPU that this process computes on: one of them, found by its number. The CUDA driver is
// loaded when it is opened and never before. All work goes to one stream, in order. Whatever the
// driver refuses ends the program with STATUS_DEVICE.

#ifndef AOTI_GPU_GPU_H
#define AOTI_GPU_GPU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Begins to open GPU number INDEX in a thread of its own: this takes a quarter of a second, in
// which others can work.
void gpu_open_begin(unsigned index);

// Waits until the GPU is open to this thread. Ends with STATUS_DEVICE where there is no driver, no
// such GPU, or where this program was built without CUDA.
void gpu_open_end(void);

struct gpu_description {
    char name[64];
    int capability_major, capability_minor;
    size_t free_bytes, total_bytes;
};

struct gpu_description gpu_describe(void);

// Memory of the GPU, aligned to 256 bytes; its contents are not defined. What was released is
// handed out again, never returned to the driver: since all work is in order, it can be released
// while work that uses it is under way.
void *gpu_allocate(size_t bytes);
void gpu_release(void *memory);

// Memory of the host that the GPU can write to and the host reads as it is written.
void *gpu_allocate_shared(size_t bytes);

// Puts copies into the stream. Those from and to the host have been read, or written, on return.
void gpu_write(void *to, const void *from, size_t bytes);
void gpu_read(void *to, const void *from, size_t bytes);
void gpu_copy(void *to, const void *from, size_t bytes);
void gpu_clear(void *to, size_t bytes);

// Copies SIZE bytes by as many threads as are worth while, past the stream; has ended on return.
// Nothing writes there afterwards.
void gpu_upload(void *to, const void *from, size_t size);

// Whether MEMORY is the last one that was uploaded to.
bool gpu_is_constant(const void *memory);

// The stream, as graphs take it.
void *gpu_stream(void);

// Waits for all work; ends the program where some of it failed.
void gpu_wait(void);

// Points in the stream's work that can be waited for.
enum { GPU_MARKS = 4 };
void gpu_mark(unsigned mark);
void gpu_wait_mark(unsigned mark);

// Work that was recorded once and can be put into the stream as a whole.
struct gpu_recording;

// Records what STEP puts into the stream; it is not done then.
struct gpu_recording *gpu_record(void (*step)(void *context), void *context);
void gpu_replay(const struct gpu_recording *recording);
void gpu_recording_free(struct gpu_recording *recording);

#endif
