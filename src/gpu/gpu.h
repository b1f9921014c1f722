// SPDX-License-Identifier: BSD-2-Clause
// The GPU of this process, chosen by its number. The CUDA driver is loaded only when it is opened.
// All work goes to one stream, in order. Errors of the driver end the program with STATUS_DEVICE.

#ifndef AOTI_GPU_GPU_H
#define AOTI_GPU_GPU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Starts opening GPU number INDEX in another thread: it takes a quarter of a second.
void gpu_open_begin(unsigned index);

// Waits until the GPU is open to this thread. Dies with STATUS_DEVICE if the driver or the
// GPU is missing.
void gpu_open_end(void);

struct gpu_description {
    char name[64];
    int capability_major, capability_minor;
    size_t free_bytes, total_bytes;
};

struct gpu_description gpu_describe(void);

// Returns uninitialized GPU memory aligned to 256 bytes. Released memory is reused and never
// returned to the driver: since all work is in order, it may be released while work that uses it is
// queued.
void *gpu_allocate(size_t bytes);
void gpu_release(void *memory);

// Returns host memory that the GPU can write and the host can read meanwhile.
void *gpu_allocate_shared(size_t bytes);

// Queue copies. When copies from or to the host return, the host memory has been read or written.
void gpu_write(void *to, const void *from, size_t bytes);
void gpu_read(void *to, const void *from, size_t bytes);
void gpu_copy(void *to, const void *from, size_t bytes);
void gpu_clear(void *to, size_t bytes);

// Copies SIZE bytes by several threads, outside the stream, and waits for the end. The memory must
// be constant afterwards.
void gpu_upload(void *to, const void *from, size_t size);

// Returns true if MEMORY was the target of the last upload.
bool gpu_is_constant(const void *memory);

// Returns the stream, as graphs take it.
void *gpu_stream(void);

// Waits for all work. Dies with STATUS_DEVICE if some of it failed.
void gpu_wait(void);

// Points in the stream that can be waited for.
enum { GPU_MARKS = 4 };
void gpu_mark(unsigned mark);
void gpu_wait_mark(unsigned mark);

// Work recorded once, to be queued as a whole.
struct gpu_recording;

// Records what STEP queues, without running it.
struct gpu_recording *gpu_record(void (*step)(void *context), void *context);
void gpu_replay(const struct gpu_recording *recording);
void gpu_recording_free(struct gpu_recording *recording);

#endif
