// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

/* Loaded before the C library: writes to the routing registers fail once FAILING_WRITES_AFTER of them have gone through.
 * Only 4-byte writes to XUSB2PR (d0h) and USB3_PSSEN (d8h) are counted; the journal and the log are left alone. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/types.h>
#include <unistd.h>

static int seen;

static int fails(size_t count, off_t offset)
{
    const char* after = getenv("FAILING_WRITES_AFTER");
    if (after == NULL || count != 4 || (offset != 0xd0 && offset != 0xd8)) return 0;
    return ++seen > atoi(after);
}

ssize_t pwrite(int fd, const void* bytes, size_t count, off_t offset)
{
    if (fails(count, offset)) {
        errno = EIO;
        return -1;
    }
    ssize_t (*real)(int, const void*, size_t, off_t) =
        (ssize_t(*)(int, const void*, size_t, off_t))dlsym(RTLD_NEXT, "pwrite");
    return real(fd, bytes, count, offset);
}

ssize_t pwrite64(int fd, const void* bytes, size_t count, off64_t offset)
{
    return pwrite(fd, bytes, count, offset);
}
