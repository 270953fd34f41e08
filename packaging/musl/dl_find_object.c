// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

/* glibc's _dl_find_object for musl. Debian's libgcc_eh.a looks for the unwind table of a code address by it alone, and
 * musl has only dl_iterate_phdr. The structure is that of glibc 2.35, dlfcn.h, on x86_64. */
#include <link.h>
#include <stddef.h>
#include <stdint.h>

struct dl_find_object {
    unsigned long long flags;
    void* map_start;
    void* map_end;
    struct link_map* link_map;
    void* eh_frame;
    unsigned long long reserved[7];
};

struct wanted {
    uintptr_t address;
    struct dl_find_object* found;
};

static int look(struct dl_phdr_info* object, size_t size, void* context)
{
    struct wanted* wanted = context;
    const ElfW(Phdr)* table = NULL;
    const ElfW(Phdr)* segment = NULL;
    (void)size;
    for (int i = 0; i < object->dlpi_phnum; ++i) {
        const ElfW(Phdr)* header = &object->dlpi_phdr[i];
        const uintptr_t start = object->dlpi_addr + header->p_vaddr;
        if (header->p_type == PT_GNU_EH_FRAME) table = header;
        if (header->p_type == PT_LOAD && wanted->address >= start && wanted->address - start < header->p_memsz)
            segment = header;
    }
    if (segment == NULL || table == NULL) return 0;
    *wanted->found = (struct dl_find_object){
        .map_start = (void*)(object->dlpi_addr + segment->p_vaddr),
        .map_end = (void*)(object->dlpi_addr + segment->p_vaddr + segment->p_memsz),
        .eh_frame = (void*)(object->dlpi_addr + table->p_vaddr),
    };
    return 1;
}

int _dl_find_object(void* address, struct dl_find_object* found);
int _dl_find_object(void* address, struct dl_find_object* found)
{
    struct wanted wanted = {(uintptr_t)address, found};
    return dl_iterate_phdr(look, &wanted) == 1 ? 0 : -1;
}
