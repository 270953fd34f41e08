// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

/* Preloaded into usbrouted: now and then the configuration space refuses, fails, is cut short, keeps its own value, or
 * the process is killed before or after a write. What came up is counted in a file that outlives the process.
 *
 * FAULTS_COUNTERS names that file, FAULTS_SEED begins the series, FAULTS_EVERY is the mean number of accesses between
 * two faults, FAULTS_NO_KILLS leaves the process alive. Only reads and writes at 0xd0 and above of a file named "config" are touched.
 * FAULTS_PLANT is an offset: the lowest bit there is flipped at each write, which the soak has to see. */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

enum fault {
    eperm_write,
    eio_write,
    short_write,
    ignored_write,
    killed_before_write,
    killed_after_write,
    eio_read,
    short_read,
    faults,
};

/* The file: how often each came up, all writes, and where the series is. */
struct counters {
    uint64_t of[faults];
    uint64_t writes;
    uint64_t series;
};

static struct counters *counters;
static uint64_t every;

__attribute__((constructor)) static void begin(void)
{
    const char *path = getenv("FAULTS_COUNTERS");
    const char *mean = getenv("FAULTS_EVERY");
    const char *seed = getenv("FAULTS_SEED");
    if (path == NULL || mean == NULL || seed == NULL) return;
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (fd < 0 || ftruncate(fd, sizeof *counters) != 0) abort();
    void *shared = mmap(NULL, sizeof *counters, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (shared == MAP_FAILED) abort();
    close(fd);
    every = strtoull(mean, NULL, 10);
    counters = shared;
    if (counters->series == 0) counters->series = strtoull(seed, NULL, 10) | 1;
}

/* xorshift64 (Marsaglia, "Xorshift RNGs", 2003). */
static uint64_t next(void)
{
    uint64_t x = counters->series;
    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    return counters->series = x;
}

static int is_config(int fd)
{
    char link[64];
    char path[512];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    /* Past the simulated board, which has a /proc of its own. */
    ssize_t length = syscall(SYS_readlinkat, AT_FDCWD, link, path, sizeof path - 1);
    if (length < 7) return 0;
    path[length] = 0;
    return strcmp(path + length - 7, "/config") == 0;
}

static int comes_up(int fd, off_t offset)
{
    return counters != NULL && every != 0 && offset >= 0xd0 && is_config(fd) && next() % every == 0;
}

/* Past the daemon's filter of system calls, which takes whole values at their offsets through one descriptor: by another
 * descriptor, whose position goes to the offset with what is read. */
static ssize_t put(int fd, const void *bytes, size_t size, off_t offset)
{
    char name[64];
    char before[256];
    snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
    const int own = (int)syscall(SYS_openat, AT_FDCWD, name, O_RDWR | O_CLOEXEC);
    if (own < 0) return -1;
    ssize_t result = -1;
    if (read(own, before, (size_t)offset) == offset) result = write(own, bytes, size);
    close(own);
    return result;
}

static void plant(int fd)
{
    const char *place = getenv("FAULTS_PLANT");
    unsigned char byte = 0;
    if (place == NULL) return;
    const off_t offset = strtol(place, NULL, 16);
    if (syscall(SYS_pread64, fd, &byte, 1, offset) != 1) abort();
    byte ^= 1;
    if (put(fd, &byte, 1, offset) != 1) abort();
}

typedef ssize_t (*write_at)(int, const void *, size_t, off_t);
typedef ssize_t (*read_at)(int, void *, size_t, off_t);

ssize_t pwrite64(int fd, const void *bytes, size_t size, off_t offset)
{
    static write_at real;
    if (real == NULL) *(void **)&real = dlsym(RTLD_NEXT, "pwrite64");
    if (counters != NULL && offset >= 0xd0 && is_config(fd)) ++counters->writes;
    if (!comes_up(fd, offset)) {
        const ssize_t written = real(fd, bytes, size, offset);
        if (counters != NULL && offset >= 0xd0 && is_config(fd)) plant(fd);
        return written;
    }
    const int kinds = getenv("FAULTS_NO_KILLS") == NULL ? killed_after_write + 1 : killed_before_write;
    enum fault which = (enum fault)(next() % (unsigned)kinds);
    ++counters->of[which];
    switch (which) {
    case eperm_write: errno = EPERM; return -1;
    case eio_write: errno = EIO; return -1;
    case short_write: return put(fd, bytes, 1, offset);
    case ignored_write: return (ssize_t)size;
    case killed_before_write: kill(getpid(), SIGKILL); pause(); return -1;
    default: break;
    }
    ssize_t put = real(fd, bytes, size, offset);
    kill(getpid(), SIGKILL);
    pause();
    return put;
}

ssize_t pread64(int fd, void *bytes, size_t size, off_t offset)
{
    static read_at real;
    if (real == NULL) *(void **)&real = dlsym(RTLD_NEXT, "pread64");
    /* There are four reads for each write. */
    if (!comes_up(fd, offset) || next() % 4 != 0) return real(fd, bytes, size, offset);
    enum fault which = next() % 2 == 0 ? eio_read : short_read;
    ++counters->of[which];
    if (which == short_read) return real(fd, bytes, size / 2, offset);
    errno = EIO;
    return -1;
}

ssize_t pwrite(int fd, const void *bytes, size_t size, off_t offset) { return pwrite64(fd, bytes, size, offset); }
ssize_t pread(int fd, void *bytes, size_t size, off_t offset) { return pread64(fd, bytes, size, offset); }
