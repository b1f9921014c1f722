// SPDX-License-Identifier: BSD-2-Clause
//
// Layout: System V ABI, chapters 4 and 5; elf(5). Undefined symbols are not in any hash table, so
// renaming one changes only its name.

#include "config.h"

#include "model/shared_object.h"

#include <dlfcn.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "common/diagnostics.h"
#include "common/memory.h"

// The ELF header of this program; the linker defines the symbol.
extern const uint8_t own_header[] __asm__("__ehdr_start") __attribute__((visibility("hidden")));

static const struct {
    unsigned machine;
    const char *name;
} machines[] = {{EM_X86_64, "x86_64"}, {EM_AARCH64, "aarch64"}, {EM_386, "i386"},
                {EM_ARM, "arm"},       {EM_PPC64, "ppc64"},     {EM_S390, "s390"},
                {EM_RISCV, "riscv"},   {EM_MIPS, "mips"}};

static const char *machine_name(unsigned machine)
{
    for (size_t i = 0; i < sizeof machines / sizeof *machines; i++)
        if (machines[i].machine == machine)
            return machines[i].name;
    return "another machine";
}

// The first bytes of the header are the same in all classes and byte orders.
char *shared_object_machine(const uint8_t *image, size_t size)
{
    const uint8_t *machine = image + offsetof(Elf64_Ehdr, e_machine);
    if (size < sizeof(Elf32_Ehdr) || memcmp(image, ELFMAG, SELFMAG) != 0)
        return NULL;
    bool is_little = image[EI_DATA] == ELFDATA2LSB;
    return xasprintf("%s, %d bits, %s-endian",
                     machine_name(machine[!is_little] | (unsigned)machine[is_little] << 8),
                     image[EI_CLASS] == ELFCLASS64 ? 64 : 32, is_little ? "little" : "big");
}

char *shared_object_own_machine(void)
{
    return shared_object_machine(own_header, sizeof(Elf32_Ehdr));
}

static _Noreturn void refuse(const struct shared_object *object, const char *why)
{
    die(STATUS_PACKAGE, "%s: not a usable shared object: %s", object->name, why);
}

// Returns COUNT records of SIZE bytes at OFFSET. Dies unless they are aligned and in the image.
static void *records(const struct shared_object *object, uint64_t offset, uint64_t count,
                     size_t size)
{
    if (offset > object->size || count > (object->size - offset) / size || offset % 8 != 0)
        refuse(object, "headers point outside the file");
    return object->image + offset;
}

// Returns the file offset of ADDRESS, found in the loadable segments.
static uint64_t offset_of(const struct shared_object *object, uint64_t address)
{
    const Elf64_Ehdr *header = records(object, 0, 1, sizeof *header);
    const Elf64_Phdr *segment =
        records(object, header->e_phoff, header->e_phnum, sizeof *segment);
    for (unsigned i = 0; i < header->e_phnum; i++) {
        uint64_t offset = address - segment[i].p_vaddr;
        if (segment[i].p_type != PT_LOAD || address < segment[i].p_vaddr
            || offset >= segment[i].p_filesz)
            continue;
        if (segment[i].p_offset > object->size || offset >= object->size - segment[i].p_offset)
            refuse(object, "a segment outside the file");
        return segment[i].p_offset + offset;
    }
    refuse(object, "address outside all segments");
}

static Elf64_Dyn *dynamic_entries(const struct shared_object *object)
{
    return records(object, object->dynamic, object->dynamic_count, sizeof(Elf64_Dyn));
}

// Returns the value of the dynamic entry TAG.
static uint64_t dynamic_value(const struct shared_object *object, int64_t tag)
{
    const Elf64_Dyn *entry = dynamic_entries(object);
    for (uint64_t i = 0; i < object->dynamic_count; i++)
        if (entry[i].d_tag == tag)
            return entry[i].d_un.d_val;
    refuse(object, "incomplete dynamic section");
}

// Returns the string at OFFSET of the string table, which ends with a NUL.
static char *string_at(const struct shared_object *object, uint64_t offset)
{
    if (offset >= object->strings_size)
        refuse(object, "name outside the string table");
    return (char *)object->image + object->strings + offset;
}

static const Elf64_Sym *symbol_table(const struct shared_object *object)
{
    return records(object, object->symbols, object->symbols_count, sizeof(Elf64_Sym));
}

static void find_dynamic(struct shared_object *object, const Elf64_Ehdr *header)
{
    const Elf64_Phdr *segment =
        records(object, header->e_phoff, header->e_phnum, sizeof *segment);
    for (unsigned i = 0; i < header->e_phnum; i++) {
        if (segment[i].p_type != PT_DYNAMIC)
            continue;
        object->dynamic = segment[i].p_offset;
        uint64_t limit = segment[i].p_filesz / sizeof(Elf64_Dyn);
        const Elf64_Dyn *entry = records(object, object->dynamic, limit, sizeof *entry);
        while (object->dynamic_count < limit && entry[object->dynamic_count].d_tag != DT_NULL)
            object->dynamic_count++;
        return;
    }
    refuse(object, "no dynamic section");
}

// Libraries are found by name in the folders of the system. A path such as ./library.so would load
// what happens to be in the working directory.
static void check_needed(const struct shared_object *object)
{
    const char *library;
    for (size_t i = 0; (library = shared_object_needed(object, i)) != NULL; i++)
        if (strchr(library, '/') != NULL)
            refuse(object, "needs a library by its path");
}

// The section headers give the number of symbols; the dynamic section does not.
static void find_symbols(struct shared_object *object, const Elf64_Ehdr *header)
{
    const Elf64_Shdr *section =
        records(object, header->e_shoff, header->e_shnum, sizeof *section);
    for (unsigned i = 0; i < header->e_shnum; i++) {
        if (section[i].sh_type != SHT_DYNSYM)
            continue;
        object->symbols = section[i].sh_offset;
        object->symbols_count = section[i].sh_size / sizeof(Elf64_Sym);
        symbol_table(object);
        return;
    }
    refuse(object, "no dynamic symbols");
}

struct shared_object shared_object_read(const uint8_t *image, size_t size, const char *name)
{
    struct shared_object object = {
        .image = (uint8_t *)(uintptr_t)image,  // written to only if made by shared_object_copy()
        .size = size,
        .name = name,
        .descriptor = -1,
    };
    if (size < sizeof(Elf64_Ehdr) || memcmp(image, ELFMAG, SELFMAG) != 0)
        refuse(&object, "not an ELF file");
    const Elf64_Ehdr *header = records(&object, 0, 1, sizeof *header);
    if (header->e_ident[EI_CLASS] != ELFCLASS64 || header->e_ident[EI_DATA] != ELFDATA2LSB
        || header->e_type != ET_DYN || header->e_phentsize != sizeof(Elf64_Phdr)
        || header->e_shentsize != sizeof(Elf64_Shdr))
        refuse(&object, "not loadable on this machine");
    find_dynamic(&object, header);
    object.strings = offset_of(&object, dynamic_value(&object, DT_STRTAB));
    object.strings_size = dynamic_value(&object, DT_STRSZ);
    if (object.strings_size == 0 || object.strings_size > size - object.strings
        || image[object.strings + object.strings_size - 1] != '\0')
        refuse(&object, "damaged string table");
    check_needed(&object);
    find_symbols(&object, header);
    return object;
}

const char *shared_object_needed(const struct shared_object *object, size_t index)
{
    const Elf64_Dyn *entry = dynamic_entries(object);
    for (uint64_t i = 0; i < object->dynamic_count; i++)
        if (entry[i].d_tag == DT_NEEDED && index-- == 0)
            return string_at(object, entry[i].d_un.d_val);
    return NULL;
}

// Removes entry INDEX: the following ones, up to and including DT_NULL, move up.
static void remove_dynamic(struct shared_object *object, uint64_t index)
{
    Elf64_Dyn *entry = dynamic_entries(object);
    uint64_t last = --object->dynamic_count;
    memmove(entry + index, entry + index + 1, (last - index) * sizeof *entry);
    entry[last] = (Elf64_Dyn){.d_tag = DT_NULL};
}

void shared_object_drop_needed(struct shared_object *object, const char *library)
{
    const Elf64_Dyn *entry = dynamic_entries(object);
    for (uint64_t i = object->dynamic_count; i-- > 0;)
        if (entry[i].d_tag == DT_NEEDED
            && strcmp(string_at(object, entry[i].d_un.d_val), library) == 0)
            remove_dynamic(object, i);
}

void shared_object_drop_paths(struct shared_object *object)
{
    const Elf64_Dyn *entry = dynamic_entries(object);
    for (uint64_t i = object->dynamic_count; i-- > 0;)
        if (entry[i].d_tag == DT_RPATH || entry[i].d_tag == DT_RUNPATH)
            remove_dynamic(object, i);
}

void shared_object_drop_executable_stack(struct shared_object *object)
{
    const Elf64_Ehdr *header = records(object, 0, 1, sizeof *header);
    Elf64_Phdr *segment = records(object, header->e_phoff, header->e_phnum, sizeof *segment);
    for (unsigned i = 0; i < header->e_phnum; i++)
        if (segment[i].p_type == PT_GNU_STACK)
            segment[i].p_flags &= ~(Elf64_Word)PF_X;
}

static bool is_required(const Elf64_Sym *symbol)
{
    return symbol->st_shndx == SHN_UNDEF && symbol->st_name != 0
           && ELF64_ST_BIND(symbol->st_info) != STB_WEAK;
}

void shared_object_each_undefined(const struct shared_object *object,
                                  void (*visit)(const char *symbol, void *context),
                                  void *context)
{
    const Elf64_Sym *symbol = symbol_table(object);
    for (uint64_t i = 0; i < object->symbols_count; i++)
        if (is_required(&symbol[i]))
            visit(string_at(object, symbol[i].st_name), context);
}

static const Elf64_Sym *find_defined(const struct shared_object *object, const char *name)
{
    const Elf64_Sym *symbol = symbol_table(object);
    for (uint64_t i = 0; i < object->symbols_count; i++)
        if (symbol[i].st_shndx != SHN_UNDEF
            && strcmp(string_at(object, symbol[i].st_name), name) == 0)
            return &symbol[i];
    return NULL;
}

size_t shared_object_distance(const struct shared_object *object, const char *start,
                              const char *end)
{
    const Elf64_Sym *first = find_defined(object, start);
    const Elf64_Sym *last = find_defined(object, end);
    return first != NULL && last != NULL ? last->st_value - first->st_value : SIZE_MAX;
}

bool shared_object_rename_undefined(struct shared_object *object, const char *symbol,
                                    const char *other)
{
    const Elf64_Sym *table = symbol_table(object);
    size_t length = strlen(symbol);
    if (strlen(other) != length)
        return false;
    for (uint64_t i = 0; i < object->symbols_count; i++) {
        if (!is_required(&table[i]) || strcmp(string_at(object, table[i].st_name), symbol) != 0)
            continue;
        memcpy(string_at(object, table[i].st_name), other, length);
        return true;
    }
    return false;
}

struct shared_object shared_object_copy(const uint8_t *image, size_t size, const char *name)
{
    int descriptor = memfd_create("aoti-graph", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (descriptor < 0 || ftruncate(descriptor, (off_t)size) != 0)
        die_errno(STATUS_FAILURE, "%s: cannot create an anonymous file of %zu bytes", name, size);
    void *copy = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
    if (copy == MAP_FAILED)
        die_errno(STATUS_FAILURE, "%s: mmap", name);
    memcpy(copy, image, size);
    struct shared_object object = shared_object_read(copy, size, name);
    object.descriptor = descriptor;
    return object;
}

void *shared_object_load(struct shared_object *object)
{
    const int seals = F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;
    munmap(object->image, object->size);
    if (fcntl(object->descriptor, F_ADD_SEALS, seals) != 0)
        die_errno(STATUS_FAILURE, "%s: cannot seal the copy", object->name);
    char path[64];
    snprintf(path, sizeof path, "/proc/self/fd/%d", object->descriptor);
    errno = 0;
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (library == NULL && errno == ENOMEM)
        die_exhausted();
    if (library == NULL)
        die(STATUS_PACKAGE, "%s: cannot be loaded: %s", object->name, dlerror());
    return library;  // the descriptor stays open: the graph may read its own file again
}
