// SPDX-License-Identifier: BSD-2-Clause

#include "stub.h"

#include <fcntl.h>
#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { LAYERS = 1, CACHED_INPUTS = 3 + 2 * LAYERS, LOGITS_INPUTS = 2 };

static long setting(const char *name)
{
    const char *text = getenv(name);
    return text != NULL ? atol(text) : 0;
}

__attribute__((constructor)) static void leave_a_trace(void)
{
    const char *file = getenv("STUB_CONSTRUCTOR");
    if (file != NULL)
        close(open(file, O_WRONLY | O_CREAT, 0666));
}

static tensor_handle new_logits(int64_t rows)
{
    int64_t sizes[] = {1, rows, STUB_VOCABULARY};
    int64_t strides[] = {rows * STUB_VOCABULARY, STUB_VOCABULARY, 1};
    int first = STUB_CACHED;  // cached graphs answer with [1, V]
    tensor_handle tensor = NULL;
    sizes[first] = 1;
    float *data = calloc((size_t)rows * STUB_VOCABULARY, sizeof *data);
    aoti_torch_create_tensor_from_blob_v2(data, 3 - first, sizes + first, strides + first, 0,
                                          STUB_FLOAT32, 0, 0, &tensor, 0, NULL, 0);
    tensor->owned = true;
    return tensor;
}

static void fill_row(float *row, int64_t id, int64_t position, bool numbers)
{
    for (int i = 0; i < STUB_VOCABULARY; i++)
        row[i] = numbers ? (float)-i / 16 : NAN;
    if (numbers)
        row[(3 * id + position + 1) % STUB_VOCABULARY] = 10;
}

int32_t AOTInductorModelContainerCreateWithDevice(void **container, size_t models,
                                                  const char *device, const char *folder)
{
    (void)models, (void)device, (void)folder;
    aoti_torch_only_the_stub_has_it();
    *container = calloc(1, 1);
    return 0;
}

int32_t AOTInductorModelContainerDelete(void *container)
{
    free(container);
    return 0;
}

int32_t AOTInductorModelContainerGetNumInputs(void *container, size_t *count)
{
    (void)container;
    *count = STUB_CACHED ? CACHED_INPUTS : LOGITS_INPUTS;
    return 0;
}

int32_t AOTInductorModelContainerGetNumOutputs(void *container, size_t *count)
{
    (void)container;
    *count = 1;
    return 0;
}

int32_t AOTInductorModelContainerGetNumConstants(void *container, size_t *count)
{
    (void)container;
    *count = STUB_CACHED ? 1 : 0;
    return 0;
}

static int32_t constant_text(void *container, size_t index, const char **text)
{
    (void)container, (void)index;
    *text = "weight";
    return 0;
}

int32_t AOTInductorModelContainerGetConstantName(void *c, size_t i, const char **t)
{
    return constant_text(c, i, t);
}

int32_t AOTInductorModelContainerGetConstantOriginalFQN(void *c, size_t i, const char **t)
{
    return constant_text(c, i, t);
}

int32_t AOTInductorModelContainerGetConstantDtype(void *container, size_t index, int32_t *dtype)
{
    (void)container, (void)index;
    *dtype = STUB_FLOAT32;
    return 0;
}

int32_t AOTInductorModelContainerGetConstantDataSize(void *container, size_t index, size_t *size)
{
    (void)container, (void)index;
    *size = 16 * sizeof(float);
    return 0;
}

int32_t AOTInductorModelContainerUpdateUserManagedConstantBufferPairs(void *container,
                                                                      const void *pairs,
                                                                      size_t count, bool inactive,
                                                                      bool validate)
{
    (void)container, (void)pairs, (void)count, (void)inactive, (void)validate;
    return 0;
}

int32_t AOTInductorModelContainerRunSingleThreaded(void *container, tensor_handle *inputs,
                                                   size_t input_count, tensor_handle *outputs,
                                                   size_t output_count, void *stream, void *proxy)
{
    static long runs;
    (void)container, (void)output_count, (void)stream, (void)proxy;
    long milliseconds = setting("STUB_SLEEP_MS");
    nanosleep(&(struct timespec){milliseconds / 1000, milliseconds % 1000 * 1000000}, NULL);
    if (++runs == setting("STUB_CRASH_AT"))
        abort();
    const int64_t *ids = inputs[0]->data, *positions = inputs[1]->data;
    int64_t count = inputs[0]->sizes[1];
    bool numbers = runs != setting("STUB_NAN_AT");
    outputs[0] = new_logits(STUB_CACHED ? 1 : count);
    float *row = outputs[0]->data;
    for (int64_t i = STUB_CACHED ? count - 1 : 0; i < count; i++, row += STUB_VOCABULARY)
        fill_row(row, ids[i], STUB_CACHED ? positions[i] : i, numbers);
    for (size_t i = 0; i < input_count; i++)
        aoti_torch_delete_tensor_object(inputs[i]);
    return runs == setting("STUB_FAIL_AT");
}
