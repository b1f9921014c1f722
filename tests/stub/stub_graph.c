// SPDX-License-Identifier: BSD-2-Clause

// The container of a compiled graph.

#include "stub.h"

#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
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

int32_t AOTInductorModelContainerCreateWithDevice(void **container, size_t models,
                                                  const char *device, const char *folder)
{
    (void)models, (void)device, (void)folder;
    stub_begin();
    *container = calloc(1, 1);
    return *container == NULL;
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
    (void)container, (void)output_count, (void)proxy;
    long milliseconds = setting("STUB_SLEEP_MS");
    nanosleep(&(struct timespec){milliseconds / 1000, milliseconds % 1000 * 1000000}, NULL);
    if (++runs == setting("STUB_CRASH_AT"))
        abort();
    outputs[0] = stub_compute(inputs, runs != setting("STUB_NAN_AT"), stream);
    for (size_t i = 0; i < input_count; i++)
        aoti_torch_delete_tensor_object(inputs[i]);
    return outputs[0] == NULL || runs == setting("STUB_FAIL_AT");
}
