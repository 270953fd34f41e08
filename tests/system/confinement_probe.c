// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

/* Preloaded into usbrouted, it acts in the daemon's place: with its descriptors, its rights and its filter of system calls,
 * as somebody would who has taken the daemon over. It tries every way that it knows to write anything but allowed bits
 * of the routing registers, and to get out.
 *
 * PROBE_GO names a file: when it is there, at the next wait of the loop, the probe begins. PROBE_FREE has the bits of XUSB2PR
 * that may be written and PROBE_FOUND the others as they were, as hexadecimal numbers. PROBE_RECORDED: the daemon works on a
 * recorded machine, where openat2 is allowed. PROBE_HUB: it has devices to give, and this is the node of a hub with a seventh
 * port, which it may open. To standard error: a line "OPEN: ..." for each way that was open, and a last
 * line with the number of attempts and of values that were taken.
 *
 * A descriptor that root hands over is tried as it arrives, by the same rules. */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/keyctl.h>
#include <linux/netlink.h>
#include <linux/openat2.h>
#include <linux/perf_event.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <linux/usbdevice_fs.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define VALUES 0x10000000UL /* linux/register_values.hpp */
#define MESSAGE (VALUES - 0x1000UL) /* linux/lending.hpp */
#define SUPERSPEED_VALUES (VALUES + 4UL * 0x8000)
#define ABOVE (1UL << 32) /* the kernel takes the lower half as an int */
#define NUMBERS 8UL       /* linux/syscall_filter.hpp, register_numbers */

static unsigned attempts;
static unsigned taken;
static unsigned char junk[4096];

static void say(const char *format, ...)
{
    char line[256];
    va_list rest;
    va_start(rest, format);
    const int length = vsnprintf(line, sizeof line, format, rest);
    va_end(rest);
    syscall(SYS_write, 2, line, (size_t)length);
}

/* A way that must be shut. */
static void shut(const char *way, long result)
{
    ++attempts;
    if (result >= 0) say("OPEN: %s gave %ld\n", way, result);
}

/* A way that the daemon needs: were it shut, what is tried by it would prove nothing. */
static void needed(const char *way, long result)
{
    if (result < 0) say("OPEN: nothing was tried, as the probe may not do what the daemon may: %s\n", way);
}

static int is_config(int fd)
{
    char link[64];
    char path[512];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    /* Past the simulated board, which has a /proc of its own. */
    const long length = syscall(SYS_readlinkat, AT_FDCWD, link, path, sizeof path - 1);
    if (length < 7) return 0;
    path[length] = 0;
    return strcmp(path + length - 7, "/config") == 0;
}

static void try_writes_at_offsets(unsigned long fd)
{
    static const size_t sizes[] = {1, 2, 3, 4, 8, 64, 256};
    for (off_t offset = 0; offset < 256; ++offset)
        for (size_t i = 0; i < sizeof sizes / sizeof *sizes; ++i) {
            shut("pwrite64 from memory of our own", syscall(SYS_pwrite64, fd, junk, sizes[i], offset));
            const int is_one = (offset == 0xd0 || offset == 0xd8) && sizes[i] == 4;
            if (!is_one) shut("pwrite64 at another offset", syscall(SYS_pwrite64, fd, VALUES, sizes[i], offset));
        }
    for (unsigned long misplaced = 1; misplaced < 4; ++misplaced)
        shut("pwrite64 from between two values", syscall(SYS_pwrite64, fd, VALUES + misplaced, 4, 0xd0));
    shut("pwrite64 from behind the values", syscall(SYS_pwrite64, fd, SUPERSPEED_VALUES + 0x100, 4, 0xd8));
    shut("pwrite64 of XUSB2PR's values to USB3_PSSEN", syscall(SYS_pwrite64, fd, VALUES, 4, 0xd8));
    shut("pwrite64 of USB3_PSSEN's values to XUSB2PR", syscall(SYS_pwrite64, fd, SUPERSPEED_VALUES, 4, 0xd0));
    shut("pwrite64, a number with more above", syscall(SYS_pwrite64, fd | ABOVE, VALUES, 4, 0xd0));
    shut("pwrite64, a size with more above", syscall(SYS_pwrite64, fd, VALUES, 4 | ABOVE, 0xd0));
    shut("pwrite64, an offset with more above", syscall(SYS_pwrite64, fd, VALUES, 4, 0xd0 | ABOVE));
}

/* Each value that XUSB2PR can take: taken are those within the mask, and no other. */
static void try_values(unsigned long fd)
{
    const unsigned long free_bits = strtoul(getenv("PROBE_FREE"), NULL, 16);
    const unsigned long found = strtoul(getenv("PROBE_FOUND"), NULL, 16);
    for (unsigned long value = 0; value < 0x8000; ++value) {
        ++attempts;
        if (syscall(SYS_pwrite64, fd, VALUES + 4 * value, 4, 0xd0) != 4) continue;
        ++taken;
        const unsigned long fixed = value & ~free_bits;
        if (fixed != found && fixed != 0) say("OPEN: the value 0x%lx was taken\n", value);
    }
}

/* The kernel knows no name for a file like this; the rules are of numbers, and do not ask what has them. */
static int own_file(void)
{
    return (int)syscall(SYS_openat, AT_FDCWD, "/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
}

/* The other numbers that a configuration space could be given: they take no more than its own does. */
static void try_values_by_other_numbers(unsigned long fd)
{
    const unsigned long free_bits = strtoul(getenv("PROBE_FREE"), NULL, 16);
    const unsigned long found = strtoul(getenv("PROBE_FOUND"), NULL, 16);
    const int own = own_file();
    needed("a file of its own", own);
    for (unsigned long number = fd & ~(NUMBERS - 1); number < (fd & ~(NUMBERS - 1)) + NUMBERS; ++number) {
        if (number == fd) continue;
        needed("dup3 to a register's number", syscall(SYS_dup3, own, number, O_CLOEXEC));
        unsigned written = 0;
        for (unsigned long value = 0; value < 0x8000; ++value) {
            ++attempts;
            if (syscall(SYS_pwrite64, number, VALUES + 4 * value, 4, 0xd0) != 4) continue;
            ++written;
            const unsigned long fixed = value & ~free_bits;
            if (fixed == found || fixed == 0) continue;
            say("OPEN: the value 0x%lx was taken by the number %lu\n", value, number);
            break;
        }
        needed("to write a value by another number", written == 0 ? -1 : 0);
        syscall(SYS_close, number);
    }
    syscall(SYS_close, own);
}

static void try_other_writes(unsigned long fd, int other)
{
    const struct iovec part = {.iov_base = junk, .iov_len = 256};
    int pipes[2] = {-1, -1};
    off_t zero = 0;
    loff_t from = 0;
    syscall(SYS_pipe2, pipes, O_NONBLOCK);
    syscall(SYS_write, pipes[1], junk, 256);
    shut("write", syscall(SYS_write, fd, junk, 256));
    shut("write, a number with more above", syscall(SYS_write, fd | ABOVE, junk, 256));
    shut("writev", syscall(SYS_writev, fd, &part, 1));
    shut("writev, a number with more above", syscall(SYS_writev, fd | ABOVE, &part, 1));
    shut("pwritev", syscall(SYS_pwritev, fd, &part, 1, 0, 0));
    shut("pwritev2", syscall(SYS_pwritev2, fd, &part, 1, 0, 0, 0));
    shut("sendfile", syscall(SYS_sendfile, fd, other, &zero, 256));
    shut("splice", syscall(SYS_splice, pipes[0], NULL, fd, &from, 256, 0));
    shut("vmsplice", syscall(SYS_vmsplice, pipes[1], &part, 1, 0));
    shut("tee", syscall(SYS_tee, pipes[0], pipes[1], 1, 0));
    shut("copy_file_range", syscall(SYS_copy_file_range, other, &from, fd, &from, 256, 0));
    shut("ftruncate", syscall(SYS_ftruncate, fd, 0));
    shut("fallocate", syscall(SYS_fallocate, fd, 3, 0, 256));
    shut("io_uring_setup", syscall(SYS_io_uring_setup, 4, junk));
    shut("io_setup", syscall(SYS_io_setup, 4, junk));
    shut("lseek to the start", syscall(SYS_lseek, fd, 0, SEEK_SET));
    shut("lseek to 0x44", syscall(SYS_lseek, fd, 0x44, SEEK_SET));
    shut("lseek backwards", syscall(SYS_lseek, fd, -256, SEEK_END));
    shut("mmap shared", syscall(SYS_mmap, NULL, 256, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0));
    shut("mmap shared, for reading", syscall(SYS_mmap, NULL, 256, PROT_READ, MAP_SHARED, fd, 0));
    shut("mmap shared and validated", syscall(SYS_mmap, NULL, 256, PROT_WRITE, MAP_SHARED_VALIDATE, fd, 0));
    syscall(SYS_close, pipes[0]);
    syscall(SYS_close, pipes[1]);
}

static long hand_on(unsigned long fd, int many)
{
    int ends[2] = {-1, -1};
    syscall(SYS_socketpair, AF_UNIX, SOCK_DGRAM, 0, ends);
    struct iovec part = {.iov_base = junk, .iov_len = 1};
    union {
        struct cmsghdr alignment;
        char bytes[CMSG_SPACE(sizeof(int))];
    } control = {0};
    struct mmsghdr message = {.msg_hdr = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control.bytes,
                                          .msg_controllen = sizeof control.bytes}};
    struct cmsghdr *header = CMSG_FIRSTHDR(&message.msg_hdr);
    const int number = (int)fd;
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof number);
    memcpy(CMSG_DATA(header), &number, sizeof number);
    const long sent = many ? syscall(SYS_sendmmsg, ends[0], &message, 1, 0)
                           : syscall(SYS_sendmsg, ends[0], &message.msg_hdr, 0);
    syscall(SYS_close, ends[0]);
    syscall(SYS_close, ends[1]);
    return sent;
}

/* A number of its own is how the filter knows it. */
static void try_other_numbers(unsigned long fd)
{
    char name[64];
    shut("dup", syscall(SYS_dup, fd));
    shut("dup, a number with more above", syscall(SYS_dup, fd | ABOVE));
#ifdef SYS_dup2
    shut("dup2", syscall(SYS_dup2, fd, 60));
#endif
    shut("dup3", syscall(SYS_dup3, fd, 60, O_CLOEXEC));
    shut("dup3, a number with more above", syscall(SYS_dup3, fd | ABOVE, 60, 0));
    const unsigned long other = (unsigned long)syscall(SYS_openat, AT_FDCWD, "/dev/null", O_RDWR | O_CLOEXEC);
    shut("dup of another", syscall(SYS_dup, other));
#ifdef SYS_dup2
    shut("dup2 of another", syscall(SYS_dup2, other, 60));
    shut("dup2 of another to a register's number", syscall(SYS_dup2, other, fd ^ 1));
#endif
    shut("dup3 of another", syscall(SYS_dup3, other, 60, O_CLOEXEC));
    shut("dup3 of another to a register's number, to be kept", syscall(SYS_dup3, other, fd ^ 1, 0));
    shut("fcntl F_DUPFD of another to a register's number", syscall(SYS_fcntl, other, F_DUPFD, fd));
    shut("fcntl F_DUPFD_CLOEXEC of another to a register's number",
         syscall(SYS_fcntl, other, F_DUPFD_CLOEXEC, fd));
    syscall(SYS_close, other);
    shut("fcntl F_DUPFD", syscall(SYS_fcntl, fd, F_DUPFD, 0));
    shut("fcntl F_DUPFD_CLOEXEC", syscall(SYS_fcntl, fd, F_DUPFD_CLOEXEC, 0));
    shut("fcntl F_SETFL", syscall(SYS_fcntl, fd, F_SETFL, O_APPEND));
    shut("dup3 to the number of what is lent", syscall(SYS_dup3, fd, (fd & ~(NUMBERS - 1)) - 1, O_CLOEXEC));
    shut("sendmsg with SCM_RIGHTS", hand_on(fd, 0));
    shut("sendmmsg with SCM_RIGHTS", hand_on(fd, 1));
    /* Forbidden by the rights of the file: mode 0644 and root's, as in sysfs. */
    for (int way = 0; way < 3; ++way) {
        static const char *const places[] = {"/proc/self/fd/%d", "/proc/thread-self/fd/%d", "/dev/fd/%d"};
        snprintf(name, sizeof name, places[way], (int)fd);
        shut(name, syscall(SYS_openat, AT_FDCWD, name, O_RDWR));
        shut(name, syscall(SYS_openat, AT_FDCWD, name, O_WRONLY | O_TRUNC));
    }
    shut("fchmod", syscall(SYS_fchmod, fd, 0666));
    shut("fchown", syscall(SYS_fchown, fd, getuid(), getgid()));
    const int self = (int)syscall(SYS_pidfd_open, getpid(), 0);
    shut("pidfd_getfd", syscall(SYS_pidfd_getfd, self, fd, 0));
    syscall(SYS_close, self);
}

/* Asked by a daemon that gives devices, and by no other. The kernel answers that a pipe is no node. */
static void try_nodes(unsigned long fd)
{
    static const struct {
        const char *way;
        unsigned long request;
    } asked[] = {
        {"ioctl USBDEVFS_CONNECTINFO", USBDEVFS_CONNECTINFO},
        {"ioctl USBDEVFS_CLAIM_PORT", USBDEVFS_CLAIM_PORT},
        {"ioctl USBDEVFS_RELEASE_PORT", USBDEVFS_RELEASE_PORT},
        {"ioctl USBDEVFS_SETCONFIGURATION", USBDEVFS_SETCONFIGURATION},
        {"ioctl USBDEVFS_IOCTL", USBDEVFS_IOCTL},
    };
    const int gives = getenv("PROBE_HUB") != NULL;
    int ends[2] = {-1, -1};
    needed("a pipe", syscall(SYS_pipe2, ends, O_NONBLOCK | O_CLOEXEC));
    for (size_t i = 0; i < sizeof asked / sizeof *asked; ++i) {
        ++attempts;
        errno = 0;
        const long result = syscall(SYS_ioctl, ends[0], asked[i].request, junk);
        if (result >= 0 || errno != (gives ? ENOTTY : ENOSYS))
            say("OPEN: %s ends with %ld, errno %d\n", asked[i].way, result, errno);
        errno = 0;
        shut(asked[i].way, syscall(SYS_ioctl, fd, asked[i].request, junk));
        if (errno != ENOSYS) say("OPEN: %s of a register reaches the kernel\n", asked[i].way);
    }
    /* Each of the others of usbfs, by number, size and direction as they may be. */
    for (unsigned long request = 0; request < 0x10000; ++request) {
        const unsigned long whole = (request & 0xff) | 'U' << 8 | (request >> 8 & 0x3f) << 16 | (request >> 14) << 30;
        int is_asked = 0;
        for (size_t i = 0; i < sizeof asked / sizeof *asked; ++i) is_asked |= whole == asked[i].request;
        if (is_asked) continue;
        ++attempts;
        errno = 0;
        if (syscall(SYS_ioctl, ends[0], whole, junk) >= 0 || errno != ENOSYS)
            say("OPEN: ioctl 0x%lx ends with errno %d\n", whole, errno);
    }
    syscall(SYS_close, ends[0]);
    syscall(SYS_close, ends[1]);
    if (!gives) return;
    /* By the names of the C library, which the simulated board answers. */
    const int hub = open(getenv("PROBE_HUB"), O_RDWR | O_CLOEXEC);
    unsigned port = 7;
    needed("to open a hub", hub);
    needed("to claim a port", ioctl(hub, USBDEVFS_CLAIM_PORT, &port));
    needed("to release a port", ioctl(hub, USBDEVFS_RELEASE_PORT, &port));
    close(hub);
}

/* The one message passes the file that has its number, by these flags, and only where there are devices to give. */
static void try_lending(unsigned long fd)
{
    const unsigned long number = (fd & ~(NUMBERS - 1)) - 1;
    const int gives = getenv("PROBE_HUB") != NULL;
    int ends[2] = {-1, -1};
    const int own = own_file();
    needed("a file of its own", own);
    needed("two sockets", syscall(SYS_socketpair, AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends));
    shut("sendmsg of the message while nothing has its number",
         syscall(SYS_sendmsg, ends[0], MESSAGE, MSG_NOSIGNAL));
    shut("dup3 to the number of what is lent, to be kept", syscall(SYS_dup3, own, number, 0));
    shut("dup3 to the number below", syscall(SYS_dup3, own, number - 1, O_CLOEXEC));
    shut("dup3 to the number, with more above", syscall(SYS_dup3, own | ABOVE, number, O_CLOEXEC));
    if (gives) {
        needed("dup3 to the number of what is lent", syscall(SYS_dup3, own, number, O_CLOEXEC));
        needed("sendmsg of the message", syscall(SYS_sendmsg, ends[0], MESSAGE, MSG_NOSIGNAL));
    } else {
        shut("dup3 to the number of what is lent", syscall(SYS_dup3, own, number, O_CLOEXEC));
        shut("sendmsg of the message", syscall(SYS_sendmsg, ends[0], MESSAGE, MSG_NOSIGNAL));
    }
    struct msghdr copy = {0};
    if (gives) memcpy(&copy, (const void *)MESSAGE, sizeof copy);
    shut("sendmsg of a copy", syscall(SYS_sendmsg, ends[0], &copy, MSG_NOSIGNAL));
    shut("sendmsg without flags", syscall(SYS_sendmsg, ends[0], MESSAGE, 0));
    shut("sendmsg with other flags", syscall(SYS_sendmsg, ends[0], MESSAGE, MSG_NOSIGNAL | MSG_OOB));
    shut("sendmsg of what is beside", syscall(SYS_sendmsg, ends[0], MESSAGE + 8, MSG_NOSIGNAL));
    shut("sendmsg, an address with more above", syscall(SYS_sendmsg, ends[0], MESSAGE | ABOVE, MSG_NOSIGNAL));
    shut("sendmmsg of the message", syscall(SYS_sendmmsg, ends[0], MESSAGE, 1, MSG_NOSIGNAL));
    shut("munmap of the message", syscall(SYS_munmap, MESSAGE, 4096));
    shut("mprotect of the message", syscall(SYS_mprotect, MESSAGE, 4096, PROT_READ | PROT_WRITE));
    shut("mremap of the message", syscall(SYS_mremap, MESSAGE, 4096, 8192, MREMAP_MAYMOVE));
    shut("madvise of the message", syscall(SYS_madvise, MESSAGE, 4096, MADV_DONTNEED));
    shut("mmap over the message", syscall(SYS_mmap, MESSAGE, 4096, PROT_READ | PROT_WRITE,
                                          MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0));
    syscall(SYS_close, number);
    syscall(SYS_close, own);
    syscall(SYS_close, ends[0]);
    syscall(SYS_close, ends[1]);
}

/* The values, once sealed, stay where they are and as they are. */
static void try_the_values(void)
{
    static const int fixed = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED;
    unsigned char *own = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    shut("munmap of the values", syscall(SYS_munmap, VALUES, 4096));
    shut("munmap across the values", syscall(SYS_munmap, VALUES - 4096, 1UL << 20));
    shut("mmap over the values", syscall(SYS_mmap, VALUES, 4096, PROT_READ | PROT_WRITE, fixed, -1, 0));
    shut("mprotect of the values", syscall(SYS_mprotect, VALUES, 4096, PROT_READ | PROT_WRITE));
    shut("mremap of the values", syscall(SYS_mremap, VALUES, 4096, 8192, MREMAP_MAYMOVE));
    shut("mremap onto the values",
         syscall(SYS_mremap, own, 4096, 4096, MREMAP_MAYMOVE | MREMAP_FIXED, VALUES));
    shut("madvise of the values", syscall(SYS_madvise, VALUES, 4096, MADV_DONTNEED));
    shut("remap_file_pages", syscall(SYS_remap_file_pages, VALUES, 4096, 0, 1, 0));
    const int memory = (int)syscall(SYS_openat, AT_FDCWD, "/proc/self/mem", O_RDWR);
    if (memory >= 0) {
        /* Written by position: that of the file is an address. */
        shut("lseek in /proc/self/mem", syscall(SYS_lseek, memory, VALUES, SEEK_SET));
        shut("pwrite64 to /proc/self/mem", syscall(SYS_pwrite64, memory, junk, 4, VALUES));
        syscall(SYS_close, memory);
    }
    if (*(volatile unsigned char *)(VALUES + 4) != 1) say("OPEN: the values have changed\n");
    syscall(SYS_munmap, own, 8192);
}

static void try_memory(void)
{
    static const int anonymous = MAP_PRIVATE | MAP_ANONYMOUS;
    unsigned char *own = mmap(NULL, 4096, PROT_READ | PROT_WRITE, anonymous, -1, 0);
    shut("mmap of memory to be written and run", syscall(SYS_mmap, NULL, 4096, 7, anonymous, -1, 0));
    shut("mmap of memory to be run", syscall(SYS_mmap, NULL, 4096, PROT_READ | PROT_EXEC, anonymous, -1, 0));
    shut("mprotect to run", syscall(SYS_mprotect, own, 4096, PROT_READ | PROT_EXEC));
    shut("pkey_mprotect to run", syscall(SYS_pkey_mprotect, own, 4096, PROT_READ | PROT_EXEC, -1));
    shut("memfd_create", syscall(SYS_memfd_create, "probe", 0));
    shut("shmget", syscall(SYS_shmget, 0, 4096, 01777));
    shut("userfaultfd", syscall(SYS_userfaultfd, 1));
    syscall(SYS_munmap, own, 4096);
}

/* A process, or what comes of another program, would not stay under our eyes. */
static void try_processes(void)
{
    char *const words[] = {"/bin/true", NULL};
    struct clone_args arguments = {.flags = CLONE_NEWUSER, .exit_signal = SIGCHLD};
    const struct iovec part = {.iov_base = junk, .iov_len = 4};
    long child = 0;
#define SHUT_CHILD(way, call)                     \
    do {                                          \
        child = (call);                           \
        if (child == 0) syscall(SYS_exit_group, 0); \
        shut(way, child);                         \
    } while (0)
    SHUT_CHILD("fork", syscall(SYS_fork));
    SHUT_CHILD("clone of a process", syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0));
    SHUT_CHILD("clone with shared files", syscall(SYS_clone, CLONE_FILES | SIGCHLD, 0, 0, 0, 0));
    SHUT_CHILD("clone with new namespaces",
               syscall(SYS_clone, CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWNET | SIGCHLD, 0, 0, 0, 0));
    SHUT_CHILD("clone3", syscall(SYS_clone3, &arguments, sizeof arguments));
    shut("execve", syscall(SYS_execve, words[0], words, NULL));
    shut("execveat", syscall(SYS_execveat, AT_FDCWD, words[0], words, NULL, 0));
    shut("unshare", syscall(SYS_unshare, CLONE_NEWUSER));
    shut("setns", syscall(SYS_setns, 0, 0));
    shut("ptrace", syscall(SYS_ptrace, PTRACE_SEIZE, getppid(), 0, 0));
    shut("process_vm_writev", syscall(SYS_process_vm_writev, getppid(), &part, 1, &part, 1, 0));
    shut("kill of another", syscall(SYS_kill, getppid(), 0));
    shut("kill of everybody", syscall(SYS_kill, -1, 0));
    shut("tgkill of another", syscall(SYS_tgkill, getppid(), getppid(), 0));
    shut("tkill", syscall(SYS_tkill, getppid(), 0));
    shut("pidfd_send_signal", syscall(SYS_pidfd_send_signal, 0, 0, NULL, 0));
}

/* A descriptor can send signals to whoever it is told, and so can timers and queues. */
static void try_signals(void)
{
    static const struct {
        const char *way;
        int command;
        long argument;
    } commands[] = {
        {"fcntl F_DUPFD", F_DUPFD, 0},
        {"fcntl F_SETSIG", F_SETSIG, SIGKILL},
        {"fcntl F_SETFL with O_ASYNC", F_SETFL, O_ASYNC},
        {"fcntl F_SETFL with O_ASYNC and others", F_SETFL, O_ASYNC | O_NONBLOCK},
        {"fcntl F_GETOWN", F_GETOWN, 0},
        {"fcntl F_SETLEASE", F_SETLEASE, F_RDLCK},
        {"fcntl F_NOTIFY", F_NOTIFY, DN_CREATE},
        {"fcntl F_SETPIPE_SZ", F_SETPIPE_SZ, 1 << 16},
        {"fcntl F_GET_SEALS", F_GET_SEALS, 0},
    };
    const int parent = (int)syscall(SYS_getppid);
    const struct f_owner_ex owner = {.type = F_OWNER_PID, .pid = parent};
    struct flock lock = {.l_type = F_RDLCK, .l_whence = SEEK_SET};
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGCONT};
    siginfo_t info = {.si_signo = SIGCONT, .si_code = SI_QUEUE};
    int ends[2] = {-1, -1};
    int made = 0;
    int one = 1;
    needed("a pipe", syscall(SYS_pipe2, ends, O_NONBLOCK | O_CLOEXEC));
    for (size_t i = 0; i < sizeof commands / sizeof *commands; ++i)
        shut(commands[i].way, syscall(SYS_fcntl, ends[0], commands[i].command, commands[i].argument));
    shut("fcntl F_SETOWN", syscall(SYS_fcntl, ends[0], F_SETOWN, parent));
    shut("fcntl F_SETOWN, a command with more above", syscall(SYS_fcntl, ends[0], F_SETOWN | ABOVE, parent));
    shut("fcntl F_SETOWN_EX", syscall(SYS_fcntl, ends[0], F_SETOWN_EX, &owner));
    shut("fcntl F_SETLK", syscall(SYS_fcntl, 0, F_SETLK, &lock));
    shut("fcntl F_OFD_SETLK", syscall(SYS_fcntl, 0, F_OFD_SETLK, &lock));
    shut("ioctl FIOASYNC", syscall(SYS_ioctl, ends[0], FIOASYNC, &one));
    shut("ioctl FIONREAD", syscall(SYS_ioctl, ends[0], FIONREAD, &one));
    needed("fcntl F_SETFL", syscall(SYS_fcntl, ends[0], F_SETFL, O_NONBLOCK));
    needed("fcntl F_SETFD", syscall(SYS_fcntl, ends[0], F_SETFD, FD_CLOEXEC));
    syscall(SYS_close, ends[0]);
    syscall(SYS_close, ends[1]);
    const int socket = (int)syscall(SYS_socket, AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    shut("ioctl FIOSETOWN", syscall(SYS_ioctl, socket, FIOSETOWN, &parent));
    shut("ioctl SIOCSPGRP", syscall(SYS_ioctl, socket, SIOCSPGRP, &parent));
    shut("fcntl F_SETOWN of a socket", syscall(SYS_fcntl, socket, F_SETOWN, parent));
    syscall(SYS_close, socket);
    shut("ioctl TIOCSPGRP", syscall(SYS_ioctl, 2, TIOCSPGRP, &parent));
    shut("ioctl TIOCSCTTY", syscall(SYS_ioctl, 2, TIOCSCTTY, 0));
    shut("timer_create", syscall(SYS_timer_create, CLOCK_MONOTONIC, &event, &made));
    shut("mq_open", syscall(SYS_mq_open, "probe", O_RDWR | O_CREAT, 0600, NULL));
    shut("mq_notify", syscall(SYS_mq_notify, 0, &event));
    shut("rt_sigqueueinfo", syscall(SYS_rt_sigqueueinfo, parent, 0, &info));
    shut("rt_sigqueueinfo to itself", syscall(SYS_rt_sigqueueinfo, getpid(), 0, &info));
    shut("rt_tgsigqueueinfo", syscall(SYS_rt_tgsigqueueinfo, parent, parent, 0, &info));
    const int of_parent = (int)syscall(SYS_pidfd_open, parent, 0);
    shut("pidfd_send_signal to the parent", syscall(SYS_pidfd_send_signal, of_parent, 0, NULL, 0));
    syscall(SYS_close, of_parent);
    shut("prctl PR_SET_PDEATHSIG", syscall(SYS_prctl, PR_SET_PDEATHSIG, SIGTERM, 0, 0, 0));
    shut("prctl PR_SET_CHILD_SUBREAPER", syscall(SYS_prctl, PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0));
    shut("setpgid", syscall(SYS_setpgid, 0, 0));
    shut("setsid", syscall(SYS_setsid));
    shut("setpriority", syscall(SYS_setpriority, PRIO_PROCESS, 0, 0));
    shut("kill of the parent's group", syscall(SYS_kill, 0, 0));
    shut("kill, a number with more above", syscall(SYS_kill, (unsigned long)(unsigned)parent | ABOVE, 0));
}

/* A file that runs as its owner would be this user's rights for everybody, without a filter. */
static void try_modes(void)
{
    static const unsigned modes[] = {04755, 02755, 01755, 06711, 07777, 0104755};
    const char *const path = "/tmp/usbroute-probe";
    const char *const fresh = "/tmp/usbroute-probe-more";
    const int own =
        (int)syscall(SYS_openat, AT_FDCWD, path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    needed("a file in /tmp", own);
    for (size_t i = 0; i < sizeof modes / sizeof *modes; ++i) {
        const unsigned mode = modes[i];
        struct open_how how = {.flags = O_RDWR | O_CREAT, .mode = mode & 07777};
        shut("fchmod", syscall(SYS_fchmod, own, mode));
        shut("fchmod, a mode with more above", syscall(SYS_fchmod, own, mode | ABOVE));
        shut("fchmodat", syscall(SYS_fchmodat, AT_FDCWD, path, mode));
        shut("fchmodat2", syscall(452, AT_FDCWD, path, mode, 0));
        shut("openat with such a mode", syscall(SYS_openat, AT_FDCWD, fresh, O_RDWR | O_CREAT, mode));
        shut("openat of a file that is there", syscall(SYS_openat, AT_FDCWD, path, O_RDWR | O_CREAT, mode));
        shut("openat with O_TMPFILE", syscall(SYS_openat, AT_FDCWD, "/tmp", O_TMPFILE | O_RDWR, mode));
        shut("mkdirat", syscall(SYS_mkdirat, AT_FDCWD, fresh, mode));
        shut("mknodat", syscall(SYS_mknodat, AT_FDCWD, fresh, S_IFREG | mode, 0));
        if (getenv("PROBE_RECORDED") == NULL)
            shut("openat2", syscall(SYS_openat2, AT_FDCWD, fresh, &how, sizeof how));
#ifdef SYS_open
        shut("chmod", syscall(SYS_chmod, path, mode));
        shut("open with such a mode", syscall(SYS_open, fresh, O_RDWR | O_CREAT, mode));
        shut("open with O_TMPFILE", syscall(SYS_open, "/tmp", O_TMPFILE | O_RDWR, mode));
        shut("creat", syscall(SYS_creat, fresh, mode));
        shut("mkdir", syscall(SYS_mkdir, fresh, mode));
        shut("mknod", syscall(SYS_mknod, fresh, S_IFREG | mode, 0));
#endif
    }
    shut("mknodat of a pipe", syscall(SYS_mknodat, AT_FDCWD, fresh, S_IFIFO | 0600, 0));
    shut("fsetxattr", syscall(SYS_fsetxattr, own, "user.probe", "x", 1, 0));
    struct stat status = {0};
    if (fstat(own, &status) != 0 || (status.st_mode & 07777) != 0600) say("OPEN: the mode has changed\n");
    needed("fchmod without such bits", syscall(SYS_fchmod, own, 0640));
    syscall(SYS_close, own);
    syscall(SYS_unlinkat, AT_FDCWD, path, 0);
    syscall(SYS_unlinkat, AT_FDCWD, fresh, 0);
    syscall(SYS_unlinkat, AT_FDCWD, fresh, AT_REMOVEDIR);
}

#ifdef __x86_64__
static sigjmp_buf without_i386;

static void has_no_i386(int signal)
{
    (void)signal;
    siglongjmp(without_i386, 1);
}
#endif

/* What other architectures call is not in the list either, and is answered, not punished: this process goes on. */
static void try_other_architectures(void)
{
#ifdef __x86_64__
    shut("getpid of x32", syscall(0x40000000L | SYS_getpid));
    shut("execve of x32", syscall(0x40000000L | 520, NULL, NULL, NULL));
    struct sigaction before;
    struct sigaction ours = {.sa_handler = has_no_i386};
    sigaction(SIGSEGV, &ours, &before);
    if (sigsetjmp(without_i386, 1) == 0) {
        long result = 20; /* getpid */
        /* Clobbered by kernels before 4.17: r8 to r11. */
        __asm__ volatile("int $0x80" : "+a"(result) : : "memory", "r8", "r9", "r10", "r11");
        shut("getpid of i386", (int)result);
    }
    sigaction(SIGSEGV, &before, NULL);
#endif
}

/* Of sockets of the allowed families: programs for the kernel, modules of the kernel, other networks. */
static void try_socket_options(void)
{
    static const struct {
        const char *way;
        int level, option;
    } options[] = {
        {"SO_ATTACH_BPF", SOL_SOCKET, SO_ATTACH_BPF},
        {"SO_ATTACH_REUSEPORT_CBPF", SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF},
        {"SO_ATTACH_REUSEPORT_EBPF", SOL_SOCKET, SO_ATTACH_REUSEPORT_EBPF},
        {"SO_REUSEPORT", SOL_SOCKET, SO_REUSEPORT},
        {"SO_BINDTODEVICE", SOL_SOCKET, SO_BINDTODEVICE},
        {"SO_MARK", SOL_SOCKET, SO_MARK},
        {"SO_TIMESTAMPING", SOL_SOCKET, SO_TIMESTAMPING},
        {"SO_ZEROCOPY", SOL_SOCKET, SO_ZEROCOPY},
        {"SO_KEEPALIVE", SOL_SOCKET, SO_KEEPALIVE},
        {"SO_PEEK_OFF", SOL_SOCKET, SO_PEEK_OFF},
        {"TCP_CONGESTION", IPPROTO_TCP, TCP_CONGESTION},
        {"TCP_ULP", IPPROTO_TCP, TCP_ULP},
        {"TCP_MD5SIG", IPPROTO_TCP, TCP_MD5SIG},
        {"TCP_REPAIR", IPPROTO_TCP, TCP_REPAIR},
        {"TCP_FASTOPEN", IPPROTO_TCP, TCP_FASTOPEN},
    };
    const int tcp = (int)syscall(SYS_socket, AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const int one = 1;
    const char reno[] = "reno";
    needed("a TCP socket", tcp);
    for (size_t i = 0; i < sizeof options / sizeof *options; ++i)
        shut(options[i].way, syscall(SYS_setsockopt, tcp, options[i].level, options[i].option, &one, sizeof one));
    shut("TCP_CONGESTION by name",
         syscall(SYS_setsockopt, tcp, IPPROTO_TCP, TCP_CONGESTION, reno, sizeof reno - 1));
    needed("SO_REUSEADDR", syscall(SYS_setsockopt, tcp, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one));
    needed("TCP_NODELAY", syscall(SYS_setsockopt, tcp, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one));
    syscall(SYS_close, tcp);
}

static void try_the_kernel(void)
{
    static const struct {
        int family, type, protocol;
    } sockets[] = {
        {AF_NETLINK, SOCK_RAW, NETLINK_ROUTE},     {AF_NETLINK, SOCK_RAW, NETLINK_NETFILTER},
        {AF_NETLINK, SOCK_DGRAM, NETLINK_GENERIC}, {AF_NETLINK, SOCK_RAW, NETLINK_XFRM},
        {AF_INET, SOCK_RAW, IPPROTO_ICMP},         {AF_INET, SOCK_DGRAM, 0},
        {AF_INET, SOCK_STREAM, IPPROTO_MPTCP},     {AF_INET6, SOCK_RAW, IPPROTO_RAW},
        {AF_INET6, SOCK_DGRAM, 0},                 {AF_PACKET, SOCK_RAW, 0},
        {AF_VSOCK, SOCK_STREAM, 0},                {38 /* AF_ALG */, SOCK_SEQPACKET, 0},
        {31 /* AF_BLUETOOTH */, SOCK_RAW, 1},      {44 /* AF_XDP */, SOCK_RAW, 0},
    };
    char way[64];
    for (size_t i = 0; i < sizeof sockets / sizeof *sockets; ++i) {
        snprintf(way, sizeof way, "socket(%d, %d, %d)", sockets[i].family, sockets[i].type, sockets[i].protocol);
        shut(way, syscall(SYS_socket, sockets[i].family, sockets[i].type, sockets[i].protocol));
    }
    const int tcp = (int)syscall(SYS_socket, AF_INET, SOCK_STREAM, 0);
    if (tcp < 0) say("OPEN: the probe gets no TCP socket, as the daemon would\n");
    const int one = 1;
    shut("setsockopt of IP", syscall(SYS_setsockopt, tcp, IPPROTO_IP, 1, &one, sizeof one));
    shut("setsockopt of netfilter", syscall(SYS_setsockopt, tcp, IPPROTO_IP, 64, junk, 64));
    syscall(SYS_close, tcp);
    struct rlimit limit = {64, 64};
    const struct {
        unsigned short length;
        void *program;
    } listener = {0, NULL};
    shut("prlimit64", syscall(SYS_prlimit64, 0, RLIMIT_NOFILE, &limit, NULL));
    shut("setrlimit", syscall(SYS_setrlimit, RLIMIT_NOFILE, &limit));
    shut("seccomp with a listener",
         syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &listener));
    shut("prctl", syscall(SYS_prctl, PR_SET_DUMPABLE, 1, 0, 0, 0));
    shut("personality", syscall(SYS_personality, 0));
    shut("bpf", syscall(SYS_bpf, 0, junk, 64));
    shut("perf_event_open", syscall(SYS_perf_event_open, junk, 0, -1, -1, 0));
    shut("keyctl", syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_PROCESS_KEYRING, 1));
    shut("add_key", syscall(SYS_add_key, "user", "probe", junk, 4, KEY_SPEC_PROCESS_KEYRING));
    shut("mount", syscall(SYS_mount, "none", "/tmp", "tmpfs", 0, NULL));
    shut("chroot", syscall(SYS_chroot, "/"));
    shut("setuid", syscall(SYS_setuid, 0));
    shut("setgroups", syscall(SYS_setgroups, 0, NULL));
    shut("capset", syscall(SYS_capset, junk, junk));
    shut("mknod", syscall(SYS_mknodat, AT_FDCWD, "/tmp/probe", 0666, 0));
    shut("link", syscall(SYS_linkat, AT_FDCWD, "/etc/passwd", AT_FDCWD, "/tmp/probe", 0));
    shut("symlink", syscall(SYS_symlinkat, "/etc/passwd", AT_FDCWD, "/tmp/probe"));
    shut("iopl", syscall(SYS_iopl, 3));
    shut("ioctl TIOCSTI", syscall(SYS_ioctl, 0, 0x5412, junk));
}

static void probe(void)
{
    memset(junk, 0xa5, sizeof junk);
    const int other = (int)syscall(SYS_openat, AT_FDCWD, "/etc/passwd", O_RDONLY);
    int found = 0;
    for (int fd = 0; fd < 1100; ++fd) {
        if (!is_config(fd)) continue;
        ++found;
        try_writes_at_offsets((unsigned long)fd);
        try_other_writes((unsigned long)fd, other);
        try_other_numbers((unsigned long)fd);
        try_values((unsigned long)fd);
        try_values_by_other_numbers((unsigned long)fd);
        try_nodes((unsigned long)fd);
        try_lending((unsigned long)fd);
    }
    try_the_values();
    try_memory();
    try_processes();
    try_signals();
    try_modes();
    try_other_architectures();
    try_socket_options();
    try_the_kernel();
    syscall(SYS_close, other);
    say("the probe made %u attempts at %d descriptors; %u values were taken\n", attempts, found, taken);
}

static void begin_if_told(void)
{
    static int has_begun;
    const char *go = getenv("PROBE_GO");
    if (has_begun || go == NULL || syscall(SYS_faccessat, AT_FDCWD, go, F_OK) != 0) return;
    has_begun = 1;
    probe();
}

int epoll_pwait(int epoll, struct epoll_event *events, int most, int timeout, const sigset_t *mask)
{
    begin_if_told();
    /* Often enough to see that it is told. */
    const int wait = getenv("PROBE_GO") == NULL || (timeout >= 0 && timeout < 100) ? timeout : 100;
    const int ready = (int)syscall(SYS_epoll_pwait, epoll, events, most, wait, mask, 8);
    if (ready != 0 || wait == timeout) return ready;
    errno = EINTR; /* libuv waits for the rest of its time */
    return -1;
}

int epoll_wait(int epoll, struct epoll_event *events, int most, int timeout)
{
    return epoll_pwait(epoll, events, most, timeout, NULL);
}

/* A descriptor that comes by a message has the lowest number that is free, and with it none of the filter's care. */
ssize_t recvmsg(int socket, struct msghdr *message, int flags)
{
    const ssize_t got = syscall(SYS_recvmsg, socket, message, flags);
    if (got < 0 || getenv("PROBE_GO") == NULL) return got;
    for (struct cmsghdr *header = CMSG_FIRSTHDR(message); header != NULL; header = CMSG_NXTHDR(message, header)) {
        if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
        int fd = -1;
        memcpy(&fd, CMSG_DATA(header), sizeof fd);
        if (!is_config(fd)) continue;
        attempts = 0;
        memset(junk, 0xa5, sizeof junk);
        const unsigned long number = (unsigned long)fd;
        unsigned char before[256];
        unsigned char after[256];
        syscall(SYS_pread64, fd, before, sizeof before, 0);
        for (off_t offset = 0; offset < 256; ++offset) {
            shut("pwrite64 to what was handed over", syscall(SYS_pwrite64, number, junk, 4, offset));
            shut("pwrite64 of a value to what was handed over", syscall(SYS_pwrite64, number, VALUES, 4, offset));
        }
        shut("lseek of what was handed over", syscall(SYS_lseek, number, 0, SEEK_SET));
        shut("sendmsg of what was handed over", hand_on(number, 0));
        shut("mmap of what was handed over",
             syscall(SYS_mmap, NULL, 256, PROT_READ | PROT_WRITE, MAP_SHARED, number, 0));
        /* Sysfs refuses this, for the position is at the end; an ordinary file grows, and is the same up to there. */
        syscall(SYS_write, number, junk, 16);
        syscall(SYS_pread64, fd, after, sizeof after, 0);
        if (memcmp(before, after, sizeof before) != 0) say("OPEN: a plain write reaches what was handed over\n");
        say("the probe made %u attempts at what was handed over\n", attempts);
    }
    return got;
}
