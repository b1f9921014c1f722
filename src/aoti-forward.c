// SPDX-License-Identifier: BSD-2-Clause
// aoti-forward - continue token sequences with an ahead-of-time compiled language model

#include "config.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/diagnostics.h"
#include "common/io.h"
#include "common/memory.h"
#include "common/options.h"
#include "common/stream.h"
#include "model/compatibility.h"
#include "model/device.h"
#include "model/generation.h"
#include "model/inspection.h"
#include "model/model.h"
#include "model/package.h"
#include "model/sampling.h"
#include "model/statistics.h"
#include "model/verification.h"

enum { NOT_GIVEN = -1 };

// Values of the options.
static int64_t max_new_tokens = NOT_GIVEN;
static struct id_list stop_ids;
static struct id_list *stop_sequences;
static size_t stop_sequence_count;
static int ignore_eos, echo, bucket_pad, inspect, score, skip_verification;
static struct package_sequence told_length;
static const char *metadata_file, *stats_file, *log_probabilities_file;
static int64_t ready_descriptor = NOT_GIVEN;
static enum runtime_choice runtime_choice = RUNTIME_AUTO;
static int64_t threads;
static int64_t device_index = DEVICE_OF_PACKAGE;
static int no_recording;
static struct sampling_options sampling = {.top_p = 1, .repetition_penalty = 1};

static void add_stop_id(const char *name, const char *argument)
{
    id_list_put(&stop_ids, (int32_t)options_integer(name, argument, 0, TOKEN_ID_MAX));
}

static void add_stop_sequence(const char *name, const char *argument)
{
    struct id_list list = {0};
    char *copy = xstrdup(argument), *rest = copy;
    for (char *word; (word = strsep(&rest, " ,")) != NULL;)
        if (*word != '\0')
            id_list_put(&list, (int32_t)options_integer(name, word, 0, TOKEN_ID_MAX));
    free(copy);
    if (list.count == 0)
        die_usage("--%s: no ids in '%s'", name, argument);
    stop_sequences =
        xreallocarray(stop_sequences, stop_sequence_count + 1, sizeof *stop_sequences);
    stop_sequences[stop_sequence_count++] = list;
}

// Parses "128" or "1:2048".
static void set_length(const char *name, const char *argument)
{
    char *copy = xstrdup(argument), *colon = strchr(copy, ':');
    if (colon != NULL)
        *colon = '\0';
    told_length.known = true;
    told_length.dynamic = colon != NULL;
    told_length.min = options_integer(name, copy, 1, PACKAGE_LENGTH_MAX);
    told_length.max = colon != NULL ? options_integer(name, colon + 1, told_length.min,
                                                      PACKAGE_LENGTH_MAX)
                                    : told_length.min;
    free(copy);
}

static void set_runtime(const char *name, const char *argument)
{
    static const char *const choices[] = {
        [RUNTIME_AUTO] = "auto", [RUNTIME_BUILTIN] = "builtin", [RUNTIME_TORCH] = "torch"};
    (void)name;  // the option table has checked the argument
    for (size_t i = 0; i < sizeof choices / sizeof *choices; i++)
        if (strcmp(argument, choices[i]) == 0)
            runtime_choice = (enum runtime_choice)i;
}

// Parses "cuda" or "cuda:N".
static void set_device(const char *name, const char *argument)
{
    if (strcmp(argument, "cuda") == 0)
        device_index = 0;
    else if (strncmp(argument, "cuda:", 5) == 0)
        device_index = options_integer(name, argument + 5, 0, 1023);
    else
        die_usage("invalid argument '%s' for --%s: expected cuda or cuda:N", argument, name);
}

static const struct option_spec options[] = {
    {.kind = OPTION_INTEGER, .letter = 'n', .name = "max-new-tokens", .argument = "N",
     .help = "write at most N new ids per sequence\n"
             "(default: 1 for a static package, else until the model stops)",
     .target = &max_new_tokens, .minimum = 0, .maximum = INT32_MAX},
    {.kind = OPTION_CALL, .name = "stop-id", .argument = "ID",
     .help = "end a sequence with this id too; may be repeated", .call = add_stop_id},
    {.kind = OPTION_CALL, .name = "stop-sequence", .argument = "IDS",
     .help = "end a sequence with this run of ids; may be repeated", .call = add_stop_sequence},
    {.kind = OPTION_SET, .name = "ignore-eos",
     .help = "continue after the model's end-of-sequence ids", .target = &ignore_eos, .value = 1},
    {.kind = OPTION_SET, .name = "echo", .help = "write the prompt's ids before the new ones",
     .target = &echo, .value = 1},
    {.kind = OPTION_NUMBER, .name = "temperature", .argument = "T",
     .help = "sample from logits divided by T (default 0: take the largest)",
     .target = &sampling.temperature, .lowest = 0, .highest = 1e6},
    {.kind = OPTION_INTEGER, .name = "top-k", .argument = "K",
     .help = "sample from the K most probable ids (default 0: all)", .target = &sampling.top_k,
     .minimum = 0, .maximum = INT32_MAX},
    {.kind = OPTION_NUMBER, .name = "top-p", .argument = "P",
     .help = "sample from the fewest ids of probability P (default 1: all)",
     .target = &sampling.top_p, .lowest = 0, .highest = 1},
    {.kind = OPTION_NUMBER, .name = "min-p", .argument = "P",
     .help = "sample from ids at least P times as probable as the first\n(default 0: all)",
     .target = &sampling.min_p, .lowest = 0, .highest = 1},
    {.kind = OPTION_NUMBER, .name = "repetition-penalty", .argument = "R",
     .help = "make ids seen before less likely by R (default 1: no change)",
     .target = &sampling.repetition_penalty, .lowest = 1e-3, .highest = 1e3},
    {.kind = OPTION_INTEGER, .name = "seed", .argument = "N",
     .help = "seed of the random numbers (default 0); same seed, same ids",
     .target = &sampling.seed, .minimum = 0, .maximum = 0xffffffffffff},
    {.kind = OPTION_SET, .name = "score",
     .help = "write log-probabilities of the ids of each line except the first", .target = &score,
     .value = 1},
    {.kind = OPTION_TEXT, .name = "logprobs", .argument = "FILE",
     .help = "write a JSON line with the log-probability of each new id",
     .target = &log_probabilities_file},
    {.kind = OPTION_SET, .name = "bucket-pad",
     .help = "pad sequences to the length of a static package", .target = &bucket_pad,
     .value = 1},
    {.kind = OPTION_CALL, .name = "seq-len", .argument = "N|MIN:MAX",
     .help = "length that a package without metadata takes", .call = set_length},
    {.kind = OPTION_TEXT, .name = "metadata", .argument = "FILE",
     .help = "read the metadata from FILE instead of the package", .target = &metadata_file},
    {.kind = OPTION_SET, .name = "no-verify",
     .help = "do not verify the checksums of the package", .target = &skip_verification,
     .value = 1},
    {.kind = OPTION_CALL, .name = "runtime", .argument = "auto|builtin|torch",
     .help = "functions that the model calls: builtin or libtorch's\n"
             "(default auto: builtin if it has all of them)",
     .choices = "auto builtin torch", .call = set_runtime},
    {.kind = OPTION_INTEGER, .name = "threads", .argument = "N",
     .help = "compute with N threads (default: one per CPU)", .target = &threads,
     .minimum = 1, .maximum = 4096},
    {.kind = OPTION_CALL, .name = "device", .argument = "cuda[:N]",
     .help = "run a package for GPUs on GPU number N (default 0)", .call = set_device},
    {.kind = OPTION_SET, .name = "no-cuda-graph",
     .help = "on a GPU, launch the kernels of a step one by one", .target = &no_recording,
     .value = 1},
    {.kind = OPTION_TEXT, .name = "stats", .argument = "FILE",
     .help = "write the times of start-up and requests as JSON lines", .target = &stats_file},
    {.kind = OPTION_INTEGER, .name = "ready-fd", .argument = "N",
     .help = "write a newline to descriptor N when ready for input", .target = &ready_descriptor,
     .minimum = 0, .maximum = 65535},
    {.kind = OPTION_SET, .name = "inspect", .help = "describe the package and exit",
     .target = &inspect, .value = 1},
    {.kind = OPTION_END},
};

static const struct program program = {
    .name = "aoti-forward",
    .operands = "PACKAGE [FILE]...",
    .summary = "Continue the token sequences of FILEs, or standard input, with a compiled model.",
    .options = options,
};

static void check_options(int operands)
{
    if (operands == 0)
        die_usage("missing operand: PACKAGE");
    if (score && (echo || log_probabilities_file != NULL || max_new_tokens != NOT_GIVEN))
        die_usage("--score cannot be combined with --echo, --logprobs or --max-new-tokens");
    const char *descriptor = getenv("AOTI_READY_FD");
    if (ready_descriptor == NOT_GIVEN && descriptor != NULL)
        ready_descriptor = options_integer("ready-fd", descriptor, 0, 65535);
}

static struct package *open_package(const char *file)
{
    struct package *package = package_open(file, metadata_file);
    if (told_length.known && package->sequence.known)
        die_usage("--seq-len: %s has metadata, which gives its length", file);
    if (told_length.known)
        package->sequence = told_length;
    return package;
}

static int open_log_probabilities(void)
{
    if (log_probabilities_file == NULL)
        return -1;
    int descriptor = open(log_probabilities_file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (descriptor < 0)
        die_errno(STATUS_FAILURE, "%s", log_probabilities_file);
    return descriptor;
}

static struct generation make_generation(struct model *model, struct sampler *sampler,
                                         struct token_writer *writer)
{
    const struct package *package = model->package;
    for (size_t i = 0; i < package->stop_count && !ignore_eos; i++)
        id_list_put(&stop_ids, package->stop_ids[i]);
    return (struct generation){
        .model = model,
        .sampler = sampler,
        .writer = writer,
        .max_new_tokens =
            max_new_tokens == NOT_GIVEN && !package->sequence.dynamic ? 1 : max_new_tokens,
        .stop_ids = stop_ids,
        .stop_sequences = stop_sequences,
        .stop_sequence_count = stop_sequence_count,
        .echo = echo,
        .log_probabilities = open_log_probabilities(),
    };
}

static void announce_ready(struct model *model, struct statistics *statistics)
{
    if (ready_descriptor == NOT_GIVEN)
        return;
    model_warm_up(model);
    statistics_stage(statistics, "first_run", 0);
    write_all((int)ready_descriptor, "\n", 1, "(ready descriptor)");
    close((int)ready_descriptor);
}

// Checks what depends on the whole line: a static package cannot grow.
static void check_prompt(const struct generation *generation, const char *file, uint64_t line,
                         size_t count)
{
    const struct model *model = generation->model;
    if (count == 0 || model->package->sequence.dynamic)
        return;
    if (count < model->capacity && !bucket_pad)
        die(STATUS_INPUT,
            "%s:%" PRIu64 ": got %zu ids, expected exactly %zu; pass --bucket-pad to pad", file,
            line, count, model->capacity);
    if (generation->max_new_tokens > 1
        && count + (size_t)generation->max_new_tokens - 1 > model->capacity)
        die(STATUS_INPUT,
            "%s:%" PRIu64 ": got %zu ids and %" PRId64 " new ones, but the context holds %zu",
            file, line, count, generation->max_new_tokens, model->capacity);
}

static void take_id(const struct generation *generation, const struct token_reader *reader,
                    struct id_list *prompt, int32_t id)
{
    const struct model *model = generation->model;
    if (id >= model->vocab_size)
        token_reader_die(reader, "token id %d out of range (vocabulary has %" PRId64 ")", id,
                         model->vocab_size);
    if (prompt->count == model->capacity)
        token_reader_die(reader, "sequence too long: expected at most %zu ids",
                         model->capacity);
    id_list_put(prompt, id);
}

static void answer(struct generation *generation, const char *file, uint64_t line,
                   const struct id_list *prompt, struct statistics *statistics)
{
    struct request_times times = {.begin = clock_seconds()};
    check_prompt(generation, file, line, prompt->count);
    if (score) {
        generation_score(generation, prompt->ids, prompt->count);
        return;
    }
    if (generation_answer(generation, prompt->ids, prompt->count, line, &times)
        == GENERATION_FULL)
        warn("%s:%" PRIu64 ": stopped after %zu ids: context full (%zu)", file, line,
             times.generated, generation->model->capacity);
    statistics_request(statistics, line, &times);
}

// Answers every line of FILE.
static void answer_file(struct generation *generation, const char *file,
                        struct statistics *statistics)
{
    struct token_reader *reader = xmalloc(sizeof *reader);
    struct id_list prompt = {0};
    int32_t id;
    token_reader_init(reader, open_input(file), input_name(file));
    for (enum token_event event; (event = token_reader_next(reader, &id)) != TOKEN_STREAM_END;) {
        if (event == TOKEN_TRUNCATED)
            token_reader_die_truncated(reader);
        if (event == TOKEN_ID) {
            take_id(generation, reader, &prompt, id);
            continue;
        }
        answer(generation, reader->name, reader->line - 1, &prompt, statistics);
        prompt.count = 0;
    }
    id_list_free(&prompt);
    close(reader->descriptor);
    free(reader);
}

int main(int argc, char **argv)
{
    standard_descriptors_secure();
    diagnostics_init(program.name);
    int operand = options_parse(&program, argc, argv, false);
    check_options(argc - operand);

    struct statistics statistics = statistics_open(stats_file);
    struct package *package = open_package(argv[operand++]);
    if (!inspect) {
        compatibility_require(package);
        device_begin(package, device_index);
    }
    if (!skip_verification)
        verification_run(package);
    statistics_stage(&statistics, "package", package->map.size);
    if (inspect) {
        inspection_print(package);
        stdout_close();
        return STATUS_OK;
    }

    const struct model_options model_options = {
        .bucket_pad = bucket_pad,
        .runtime = {runtime_choice, (unsigned)threads},
        .sampling = sampling,
        .records = !no_recording,
    };
    struct model *model = model_open(package, &model_options, &statistics);
    struct sampler *sampler = sampler_new(&sampling, (size_t)model->vocab_size);
    struct token_writer writer;
    token_writer_init(&writer, STDOUT_FILENO, "(stdout)");
    struct generation generation = make_generation(model, sampler, &writer);
    announce_ready(model, &statistics);

    if (operand == argc)
        answer_file(&generation, "-", &statistics);
    for (; operand < argc; operand++)
        answer_file(&generation, argv[operand], &statistics);

    statistics_close(&statistics);
    generation_free(&generation);
    sampler_free(sampler);
    model_close(model);
    package_close(package);
    token_writer_free(&writer);
    stdout_close();
    return STATUS_OK;
}
