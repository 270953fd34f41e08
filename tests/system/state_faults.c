// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

/* Loaded before the C library: calls that change the state directory or the routing registers are counted, and the
 * process is killed at one of them, or they fail.
 *
 * STATE_FAULTS_KILL_AT=N kills at the N-th point: there is one before each such call, and a second one in the middle of each
 * write, half of which has been done. STATE_FAULTS_ERRNO names a file: while it is there, every call that changes the state
 * directory fails with the number in it; "short" in place of a number cuts writes short. STATE_FAULTS_CLOCK names a file with
 * seconds that are added to the wall clock alone. STATE_FAULTS_NO_NETLINK=1 refuses netlink sockets; with
 * STATE_FAULTS_DEAF_NETLINK=1 there are some, and nothing ever comes. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* The same function further down: the simulated board's, or the C library's. */
#define REAL(name) \
    static __typeof__(&name) real; \
    if (real == NULL) *(void **)&real = dlsym(RTLD_NEXT, #name)

/* Past the simulated board, which shows files of its own. */
static long number_in(const char *variable, char *text, size_t size)
{
    const char *path = getenv(variable);
    if (path == NULL) return 0;
    long fd = syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return 0;
    long got = syscall(SYS_read, fd, text, size - 1);
    syscall(SYS_close, fd);
    text[got < 0 ? 0 : got] = 0;
    return strtol(text, NULL, 10);
}

static int is_state(const char *path)
{
    const char *directory = getenv("USBROUTE_STATE_DIR");
    return directory != NULL && strncmp(path, directory, strlen(directory)) == 0;
}

static int path_of(int fd, char *path, size_t size)
{
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    long length = syscall(SYS_readlinkat, AT_FDCWD, link, path, size - 1);
    if (length < 0) return 0;
    path[length] = 0;
    return 1;
}

static int is_state_fd(int fd)
{
    char path[512];
    return path_of(fd, path, sizeof path) && is_state(path);
}

static int is_state_at(int directory, const char *name)
{
    char path[1024];
    if (name[0] == '/' || directory == AT_FDCWD) return is_state(name);
    if (!path_of(directory, path, sizeof path / 2)) return 0;
    size_t length = strlen(path);
    snprintf(path + length, sizeof path - length, "/%s", name);
    return is_state(path);
}

static int is_config_fd(int fd)
{
    char path[512];
    if (!path_of(fd, path, sizeof path)) return 0;
    size_t length = strlen(path);
    return length > 7 && strcmp(path + length - 7, "/config") == 0;
}

static int points;

/* True: here. */
static int dies_here(void)
{
    const char *at = getenv("STATE_FAULTS_KILL_AT");
    return at != NULL && ++points == atoi(at);
}

static void die(void)
{
    kill(getpid(), SIGKILL);
    for (;;) pause();
}

/* A call that changes the state directory. True: it fails. */
static int fails(void)
{
    char text[32] = "";
    if (dies_here()) die();
    long number = number_in("STATE_FAULTS_ERRNO", text, sizeof text);
    if (number <= 0) return 0;
    errno = (int)number;
    return 1;
}

static ssize_t put(int fd, const void *bytes, size_t size, ssize_t (*real)(int, const void *, size_t))
{
    char text[32] = "";
    if (!is_state_fd(fd)) return real(fd, bytes, size);
    if (fails()) return -1;
    if (dies_here()) {
        real(fd, bytes, size / 2);
        die();
    }
    number_in("STATE_FAULTS_ERRNO", text, sizeof text);
    return real(fd, bytes, strncmp(text, "short", 5) == 0 ? size / 2 : size);
}

ssize_t write(int fd, const void *bytes, size_t size)
{
    REAL(write);
    return put(fd, bytes, size, real);
}

static ssize_t put_register(int fd, const void *bytes, size_t size, off_t offset,
                            ssize_t (*real)(int, const void *, size_t, off_t))
{
    if (is_config_fd(fd) && dies_here()) die();
    return real(fd, bytes, size, offset);
}

ssize_t pwrite(int fd, const void *bytes, size_t size, off_t offset)
{
    REAL(pwrite);
    return put_register(fd, bytes, size, offset, real);
}

ssize_t pwrite64(int fd, const void *bytes, size_t size, off_t offset)
{
    REAL(pwrite64);
    return put_register(fd, bytes, size, offset, real);
}

static int opened(const char *path, int flags, mode_t mode, int (*real)(const char *, int, ...))
{
    if ((flags & O_CREAT) != 0 && is_state(path) && fails()) return -1;
    return real(path, flags, mode);
}

#define MODE_OF(flags) \
    mode_t mode = 0; \
    if (((flags) & O_CREAT) != 0) { \
        va_list arguments; \
        va_start(arguments, flags); \
        mode = va_arg(arguments, mode_t); \
        va_end(arguments); \
    }

int open(const char *path, int flags, ...)
{
    REAL(open);
    MODE_OF(flags)
    return opened(path, flags, mode, real);
}

int open64(const char *path, int flags, ...)
{
    REAL(open64);
    MODE_OF(flags)
    return opened(path, flags, mode, real);
}

static int opened_at(int directory, const char *name, int flags, mode_t mode, int (*real)(int, const char *, int, ...))
{
    if ((flags & O_CREAT) != 0 && is_state_at(directory, name) && fails()) return -1;
    return real(directory, name, flags, mode);
}

int openat(int directory, const char *name, int flags, ...)
{
    REAL(openat);
    MODE_OF(flags)
    return opened_at(directory, name, flags, mode, real);
}

int openat64(int directory, const char *name, int flags, ...)
{
    REAL(openat64);
    MODE_OF(flags)
    return opened_at(directory, name, flags, mode, real);
}

int mkdirat(int directory, const char *name, mode_t mode)
{
    REAL(mkdirat);
    return is_state_at(directory, name) && fails() ? -1 : real(directory, name, mode);
}

int renameat(int from_directory, const char *from, int to_directory, const char *to)
{
    REAL(renameat);
    return is_state_at(to_directory, to) && fails() ? -1 : real(from_directory, from, to_directory, to);
}

int unlinkat(int directory, const char *name, int flags)
{
    REAL(unlinkat);
    return is_state_at(directory, name) && fails() ? -1 : real(directory, name, flags);
}

int mkostemp(char *pattern, int flags)
{
    REAL(mkostemp);
    return is_state(pattern) && fails() ? -1 : real(pattern, flags);
}

int mkostemp64(char *pattern, int flags)
{
    REAL(mkostemp64);
    return is_state(pattern) && fails() ? -1 : real(pattern, flags);
}

int mkdir(const char *path, mode_t mode)
{
    REAL(mkdir);
    return is_state(path) && fails() ? -1 : real(path, mode);
}

int rename(const char *from, const char *to)
{
    REAL(rename);
    return is_state(to) && fails() ? -1 : real(from, to);
}

int unlink(const char *path)
{
    REAL(unlink);
    return is_state(path) && fails() ? -1 : real(path);
}

int fsync(int fd)
{
    REAL(fsync);
    return is_state_fd(fd) && fails() ? -1 : real(fd);
}

int ftruncate(int fd, off_t size)
{
    REAL(ftruncate);
    return is_state_fd(fd) && fails() ? -1 : real(fd, size);
}

int ftruncate64(int fd, off_t size)
{
    REAL(ftruncate64);
    return is_state_fd(fd) && fails() ? -1 : real(fd, size);
}

int socket(int family, int type, int protocol)
{
    REAL(socket);
    if (family == AF_NETLINK && getenv("STATE_FAULTS_NO_NETLINK") != NULL) {
        errno = EAFNOSUPPORT;
        return -1;
    }
    return real(family, type, protocol);
}

int bind(int fd, const struct sockaddr *address, socklen_t size)
{
    REAL(bind);
    if (address->sa_family == AF_NETLINK && getenv("STATE_FAULTS_DEAF_NETLINK") != NULL) return 0;
    return real(fd, address, size);
}

int clock_gettime(clockid_t which, struct timespec *now)
{
    char text[32] = "";
    long result = syscall(SYS_clock_gettime, which, now);
    if (result == 0 && which == CLOCK_REALTIME) now->tv_sec += number_in("STATE_FAULTS_CLOCK", text, sizeof text);
    return (int)result;
}
