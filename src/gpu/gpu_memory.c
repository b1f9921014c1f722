// SPDX-License-Identifier: BSD-2-Clause
// Memory of the GPU, and copies to and from it.

#include "config.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/diagnostics.h"
#include "common/memory.h"
#include "common/processors.h"
#include "gpu/driver.h"

enum {
    CLASSES_EACH_DOUBLING = 8,  // at most an eighth of a block is wasted
    SMALLEST_BLOCK = 4096,
    LARGEST_STEP = 2 << 20,
    UPLOAD_THREADS_MAX = 16,
    UPLOAD_PIECE = 2 << 20,
    UPLOAD_BUFFERS = 2,  // per thread: one is filled while the other is copied
};

// ---- Blocks ----

struct block {
    CUdeviceptr memory;
    size_t bytes;
    bool is_free;
};

static struct block *blocks;
static size_t block_count;

// Rounds BYTES up to one of the block sizes.
static size_t round_up(size_t bytes)
{
    size_t power = SMALLEST_BLOCK;
    while (power < bytes / 2)
        power *= 2;
    size_t step = power / CLASSES_EACH_DOUBLING;
    step = step < LARGEST_STEP ? step : LARGEST_STEP;
    return (bytes + step - 1) / step * step;
}

void *gpu_allocate(size_t bytes)
{
    size_t size = round_up(bytes > 0 ? bytes : 1);
    for (size_t i = 0; i < block_count; i++)
        if (blocks[i].is_free && blocks[i].bytes == size) {
            blocks[i].is_free = false;
            return (void *)blocks[i].memory;
        }
    struct block block = {.bytes = size};
    CUresult result = driver.cuMemAlloc(&block.memory, size);
    if (result == CUDA_ERROR_OUT_OF_MEMORY) {
        struct gpu_description gpu = gpu_describe();
        die(STATUS_DEVICE, "not enough GPU memory: %zu more bytes are needed, %zu are free", size,
            gpu.free_bytes);
    }
    driver_check(result, "allocating memory");
    blocks = xreallocarray(blocks, block_count + 1, sizeof *blocks);
    blocks[block_count++] = block;
    return (void *)block.memory;
}

void gpu_release(void *memory)
{
    for (size_t i = 0; i < block_count; i++)
        if (blocks[i].memory == (CUdeviceptr)memory)
            blocks[i].is_free = true;
}

void *gpu_allocate_shared(size_t bytes)
{
    void *memory;
    driver_check(driver.cuMemAllocHost(&memory, bytes), "allocating memory of the host");
    memset(memory, 0, bytes);
    return memory;
}

// ---- In the stream ----

void gpu_write(void *to, const void *from, size_t bytes)
{
    // The driver has copied the bytes on return, as it does not know this memory.
    driver_check(driver.cuMemcpyHtoDAsync((CUdeviceptr)to, from, bytes, driver_stream()),
                 "copying to it");
}

void gpu_read(void *to, const void *from, size_t bytes)
{
    driver_check(driver.cuMemcpyAsync((CUdeviceptr)to, (CUdeviceptr)from, bytes, driver_stream()),
                 "copying from it");
    gpu_wait();
}

void gpu_copy(void *to, const void *from, size_t bytes)
{
    driver_check(driver.cuMemcpyAsync((CUdeviceptr)to, (CUdeviceptr)from, bytes, driver_stream()),
                 "copying");
}

void gpu_clear(void *to, size_t bytes)
{
    driver_check(driver.cuMemsetD8Async((CUdeviceptr)to, 0, bytes, driver_stream()), "clearing");
}

// ---- Uploads ----

struct upload {
    char *to;
    const char *from;
    size_t size;
    atomic_size_t next;  // first block that no thread has taken
};

// Copies go through memory that the GPU reads directly: from any other memory, the driver copies
// one block after the other.
static void *upload_pieces(void *context)
{
    struct upload *self = context;
    void *buffers[UPLOAD_BUFFERS];
    CUevent events[UPLOAD_BUFFERS];
    CUstream stream;
    driver_enter();
    driver_check(driver.cuStreamCreate(&stream, CU_STREAM_NON_BLOCKING), "uploading");
    for (int i = 0; i < UPLOAD_BUFFERS; i++) {
        driver_check(driver.cuMemAllocHost(&buffers[i], UPLOAD_PIECE), "uploading");
        driver_check(driver.cuEventCreate(&events[i], CU_EVENT_DISABLE_TIMING), "uploading");
    }
    size_t offset;
    for (int turn = 0; (offset = atomic_fetch_add(&self->next, 1) * UPLOAD_PIECE) < self->size;
         turn = (turn + 1) % UPLOAD_BUFFERS) {
        size_t left = self->size - offset;
        size_t bytes = left < UPLOAD_PIECE ? left : UPLOAD_PIECE;
        driver_check(driver.cuEventSynchronize(events[turn]), "uploading");
        memcpy(buffers[turn], self->from + offset, bytes);
        driver_check(driver.cuMemcpyHtoDAsync((CUdeviceptr)(self->to + offset), buffers[turn],
                                              bytes, stream),
                     "uploading");
        driver_check(driver.cuEventRecord(events[turn], stream), "uploading");
    }
    driver_check(driver.cuStreamSynchronize(stream), "uploading");
    for (int i = 0; i < UPLOAD_BUFFERS; i++) {
        driver_check(driver.cuMemFreeHost(buffers[i]), "uploading");
        driver_check(driver.cuEventDestroy(events[i]), "uploading");
    }
    driver_check(driver.cuStreamDestroy(stream), "uploading");
    return NULL;
}

static const char *constants;
static size_t constants_size;

bool gpu_is_constant(const void *memory)
{
    return (const char *)memory >= constants && (const char *)memory < constants + constants_size;
}

void gpu_upload(void *to, const void *from, size_t size)
{
    constants = to;
    constants_size = size;
    struct upload self = {.to = to, .from = from, .size = size};
    size_t wanted = processors_usable(), pieces = size / UPLOAD_PIECE + 1;
    pthread_t threads[UPLOAD_THREADS_MAX];
    size_t started = 0;
    wanted = wanted < pieces ? wanted : pieces;
    wanted = wanted < UPLOAD_THREADS_MAX ? wanted : UPLOAD_THREADS_MAX;
    while (started + 1 < wanted
           && pthread_create(&threads[started], NULL, upload_pieces, &self) == 0)
        started++;
    upload_pieces(&self);
    while (started > 0)
        pthread_join(threads[--started], NULL);
}
