// SPDX-License-Identifier: BSD-2-Clause
// Runs kernels, and finds them for the stand-in for the driver.

#include "on_host.h"

#include <algorithm>
#include <cstdlib>
#include <deque>
#include <functional>
#include <map>
#include <numeric>
#include <random>
#include <vector>

#include <dlfcn.h>
#include <ucontext.h>

#include "gpu/kernels.h"

alignas(1024) thread_local unsigned char shared_memory[on_host::SHARED_BYTES];

namespace on_host {

place here;

namespace {

enum { STACK_BYTES = 64 << 10, GUARD_BYTES = 128, GUARD = 0x5a, UNSET = 0xff };

typedef std::vector<std::function<void()>> copies;

// Where the host's thread goes on. Unlike setjmp's, GCC's own ask nothing of the system.
struct point {
    void *registers[5];
};

#define HAS_COME_BACK(point) __builtin_setjmp((point).registers)
#define GO_TO(point) __builtin_longjmp((point).registers, 1)
#define APART __attribute__((noipa))  // for what does so: its caller must take nothing for granted

struct barrier {
    unsigned generation, waiting;
};

// A thread of a block of the cluster, of all clusters in turn.
struct context {
    std::vector<char> stack;
    ucontext_t beginning;
    struct point point;
    bool has_ended;  // its part of this block
    const barrier *waits_at;
    unsigned waits_for;  // the generation that follows
    std::function<bool()> until;  // if set, waits until this returns true
    copies open;
    std::deque<copies> under_way;
};

std::deque<context> contexts;
point scheduler;
std::function<void()> kernel;
barrier block_barrier, warp_barriers[THREADS_MAX / WARP];
unsigned rank;  // of the block in its cluster
std::vector<std::vector<unsigned char>> shared_of_blocks;
size_t expected, arrived;  // bytes in the first one
slot slots[THREADS_MAX / WARP][WARP];
std::mt19937 random_numbers;

// The present phase of a barrier of threads and bytes.
struct phase {
    unsigned threads, arrived, number;
    size_t expected, sent;
    copies under_way;
};

std::map<uint64_t *, phase> phases;  // of blocks that are in no cluster

context &context_of(unsigned thread)
{
    return contexts[rank * here.threads.x + thread];
}

context &current()
{
    return context_of(here.thread);
}

APART void go_to_scheduler()
{
    GO_TO(scheduler);
}

APART void yield()
{
    if (HAS_COME_BACK(current().point) == 0)
        go_to_scheduler();
}

void wait_at(barrier &barrier, unsigned count)
{
    if (++barrier.waiting == count) {
        barrier.waiting = 0;
        barrier.generation++;
        return;
    }
    current().waits_at = &barrier;
    current().waits_for = barrier.generation + 1;
    yield();
}

void wait_until(const std::function<bool()> &condition)
{
    if (condition())
        return;
    current().until = condition;
    yield();
}

bool can_go_on(const context &context)
{
    return !context.has_ended
           && (context.waits_at == nullptr || context.waits_at->generation == context.waits_for)
           && (!context.until || context.until());
}

void begin_thread()
{
    for (;; yield()) {
        kernel();
        current().has_ended = true;
    }
}

APART void go_to(struct context &context)
{
    if (!context.stack.empty())
        GO_TO(context.point);
    context.stack.resize(STACK_BYTES);
    getcontext(&context.beginning);
    context.beginning.uc_stack.ss_sp = context.stack.data();
    context.beginning.uc_stack.ss_size = context.stack.size();
    makecontext(&context.beginning, begin_thread, 0);
    setcontext(&context.beginning);
}

// Has THREAD go on until it waits or ends.
APART void resume(unsigned thread)
{
    here.thread = thread;
    current().waits_at = nullptr;
    current().until = nullptr;
    if (HAS_COME_BACK(scheduler) == 0)
        go_to(current());
}

// Runs the block until none of its threads can go on. Returns true if any could.
bool run_block()
{
    const unsigned threads = here.threads.x;
    bool has_run = false;
    for (bool has_gone_on = true; has_gone_on;) {
        // Another order each time: a factor that divides nothing and an offset permute the threads.
        unsigned factor = random_numbers() % threads;
        const unsigned offset = random_numbers() % threads;
        while (std::gcd(factor, threads) != 1)
            factor++;
        has_gone_on = false;
        for (unsigned i = 0; i < threads; i++) {
            const unsigned thread = (i * factor + offset) % threads;
            if (can_go_on(context_of(thread))) {
                resume(thread);
                has_gone_on = true;
            }
        }
        has_run |= has_gone_on;
    }
    return has_run;
}

// The blocks from FIRST on, in the same row of the grid.
void run_cluster(dim3 first, unsigned count, size_t shared_bytes)
{
    std::vector<unsigned char> unset(shared_bytes + GUARD_BYTES, UNSET);
    std::fill(unset.begin() + (std::ptrdiff_t)shared_bytes, unset.end(), (unsigned char)GUARD);
    shared_of_blocks.assign(count, unset);
    for (unsigned i = 0; i < count * here.threads.x; i++) {
        contexts[i].has_ended = false;
        contexts[i].waits_at = nullptr;
        contexts[i].until = nullptr;
        contexts[i].open.clear();  // an earlier kernel started copies and did not wait
        contexts[i].under_way.clear();
    }
    arrived = 0;
    phases.clear();
    for (bool has_gone_on = true; has_gone_on;) {
        has_gone_on = false;
        for (rank = 0; rank < count; rank++) {
            here.block = dim3(first.x + rank, first.y);
            memcpy(shared_memory, shared_of_blocks[rank].data(), unset.size());
            has_gone_on |= run_block();
            memcpy(shared_of_blocks[rank].data(), shared_memory, unset.size());
        }
    }
    for (unsigned i = 0; i < count * here.threads.x; i++)
        if (!contexts[i].has_ended)
            abort();  // threads wait for each other at different places, or for what never comes
    for (const std::vector<unsigned char> &shared : shared_of_blocks)
        for (unsigned i = 0; i < GUARD_BYTES; i++)
            if (shared[shared_bytes + i] != GUARD)
                abort();  // more shared memory was written to than was asked for
}

void run_clusters(dim3 grid, unsigned size, unsigned threads, size_t shared_bytes)
{
    if (threads > THREADS_MAX || grid.x % size != 0 || shared_bytes + GUARD_BYTES > SHARED_BYTES)
        abort();
    std::vector<unsigned> order(grid.x / size * grid.y);
    std::iota(order.begin(), order.end(), 0);
    std::shuffle(order.begin(), order.end(), random_numbers);
    while (contexts.size() < size * threads)
        contexts.emplace_back();
    here.grid = grid;
    here.threads = dim3(threads);
    for (unsigned cluster : order)
        run_cluster(dim3(cluster * size % grid.x, cluster * size / grid.x), size, shared_bytes);
}

template <class Arguments> void call(void *function, const void *arguments)
{
    ((void (*)(Arguments))function)(*(const Arguments *)arguments);
}

// Kernels of a kind take the same arguments.
const struct {
    const char *begin;
    void (*call)(void *function, const void *arguments);
    size_t bytes;
} kinds[] = {
    {"attention", call<gpu_attention>, sizeof(gpu_attention)},
    {"pick", call<gpu_pick>, sizeof(gpu_pick)},
    {"product_many_rows", call<gpu_many_rows>, sizeof(gpu_many_rows)},
    {"product_one_row_tiles", call<gpu_tiled_product>, sizeof(gpu_tiled_product)},
    {"product", call<gpu_product>, sizeof(gpu_product)},
};

// A kernel as the stand-in for the driver takes it.
struct found_kernel : stub_kernel {
    void *function;
    void (*call)(void *function, const void *arguments);
};

void run(const stub_kernel *base, const stub_launch *launch, void **arguments)
{
    const found_kernel *found = static_cast<const found_kernel *>(base);
    kernel = [=] { found->call(found->function, arguments[0]); };
    run_clusters(dim3(launch->grid[0], launch->grid[1]), launch->cluster, launch->threads,
                 launch->shared_bytes);
}

}  // namespace

void wait_for_block()
{
    wait_at(block_barrier, here.threads.x);
}

void wait_for_warp()
{
    const unsigned warp = here.thread / WARP;
    wait_at(warp_barriers[warp], min((unsigned)WARP, here.threads.x - warp * WARP));
}

void expect(size_t bytes)
{
    expected = bytes;
}

void send(void *to, const void *from, size_t bytes)
{
    const std::ptrdiff_t place = (unsigned char *)to - shared_memory;
    if ((size_t)place % bytes != 0)
        abort();  // the GPU refuses these
    memcpy(rank == 0 ? to : shared_of_blocks[0].data() + place, from, bytes);
    arrived += bytes;
}

void wait_for_arrival()
{
    wait_until([] { return arrived == expected; });
}

bool any_of_block(bool value)
{
    static bool any;
    any |= value;
    wait_for_block();
    const bool result = any;
    wait_for_block();
    any = false;
    wait_for_block();
    return result;
}

slot *slots_of_warp()
{
    return slots[here.thread / WARP];
}

void copy_later(void *to, const void *from, size_t bytes, size_t zeros)
{
    if ((uintptr_t)to % bytes != 0 || (uintptr_t)from % bytes != 0)
        abort();  // the GPU refuses these
    current().open.push_back([=] {
        memcpy(to, from, bytes - zeros);
        memset((char *)to + bytes - zeros, 0, zeros);
    });
}

void commit_copies()
{
    current().under_way.push_back(std::move(current().open));
    current().open.clear();
}

void wait_for_copies(size_t still_under_way)
{
    for (std::deque<copies> &groups = current().under_way; groups.size() > still_under_way;
         groups.pop_front())
        for (const std::function<void()> &copy : groups.front())
            copy();
}

void open_barrier(uint64_t *barrier, unsigned threads)
{
    phases[barrier] = {threads, 0, 0, 0, 0, {}};
}

// Ends the phase if all threads and bytes have arrived. Returns true if so.
static bool end_phase(phase &phase)
{
    if (phase.arrived != phase.threads || phase.sent != phase.expected)
        return false;
    for (const std::function<void()> &copy : phase.under_way)
        copy();
    phase = {phase.threads, 0, phase.number + 1, 0, 0, {}};
    return true;
}

void arrive_at(uint64_t *barrier)
{
    phase &phase = phases.at(barrier);
    if (++phase.arrived > phase.threads)
        abort();
    if (phase.under_way.empty())
        end_phase(phase);
}

void expect_bytes(uint64_t *barrier, size_t bytes)
{
    phase &phase = phases.at(barrier);
    if (++phase.arrived > phase.threads)
        abort();
    phase.expected += bytes;
}

void copy_bulk(void *to, const void *from, size_t bytes, uint64_t *barrier)
{
    if (((uintptr_t)to | (uintptr_t)from | bytes) % 16 != 0)
        abort();  // the GPU refuses these
    phase &phase = phases.at(barrier);
    phase.sent += bytes;
    phase.under_way.push_back([=] { memcpy(to, from, bytes); });
}

// Returns where a byte of a box goes; LINE is the size of its lines. Vectors are permuted.
static unsigned char *permuted(unsigned char *at, unsigned line)
{
    const uintptr_t address = (uintptr_t)at;
    return (unsigned char *)(address ^ ((address >> 7 & (line / 16 - 1)) << 4));
}

void copy_box(void *to, const stub_map &map, int first, int row, uint64_t *barrier)
{
    if ((uintptr_t)to % 128 != 0)
        abort();  // the GPU refuses these
    phase &phase = phases.at(barrier);
    phase.sent += (size_t)map.box[0] * map.box[1];
    phase.under_way.push_back([=] {
        for (unsigned y = 0; y < map.box[1]; y++)
            for (unsigned x = 0; x < map.box[0]; x++) {
                const uint64_t column = (uint64_t)first + x, line = (uint64_t)row + y;
                *permuted((unsigned char *)to + y * map.box[0] + x, map.box[0]) =
                    column < map.sizes[0] && line < map.sizes[1]
                        ? map.data[line * map.pitch + column]
                        : 0;
            }
    });
}

void wait_for_phase(uint64_t *barrier, unsigned number)
{
    phase &phase = phases.at(barrier);
    wait_until([&phase, number] { return phase.number % 2 != number % 2 || end_phase(phase); });
}

}  // namespace on_host

extern "C" const stub_kernel *stub_find_kernel(const char *name)
{
    void *function = dlsym(RTLD_DEFAULT, name);
    for (const auto &kind : on_host::kinds)
        if (function != nullptr && strncmp(name, kind.begin, strlen(kind.begin)) == 0) {
            auto *found = new on_host::found_kernel();
            found->run = on_host::run;
            found->bytes[0] = kind.bytes;
            found->function = function;
            found->call = kind.call;
            return found;
        }
    return nullptr;
}
