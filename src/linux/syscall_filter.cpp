// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "linux/syscall_filter.hpp"

#ifdef USBROUTE_SECCOMP
#include <array>
#include <cerrno>
#include <memory>

#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>
#endif

namespace usbroute::linux_ {

#ifndef USBROUTE_SECCOMP

Result<Filter> forbid_other_system_calls() { return Filter::not_built; }

#else

namespace {

/// Calls of one purpose. A name that an architecture or an older libseccomp does not have is left out there.
struct Purpose {
    const char* why;
    std::array<const char*, 40> calls;
};

// docs/service.md shows this table; tests/system/rights.bats compares the two.
constexpr std::array<Purpose, 9> allowed = {{
    {"memory of the C library and of the worker's stack",
     {"brk", "mmap", "mmap2", "munmap", "mremap", "madvise", "mprotect"}},
    {"the one worker thread, and the end",
     {"clone", "clone3", "set_robust_list", "rseq", "futex", "futex_time64", "sched_yield",
      "sched_getaffinity", "membarrier", "gettid", "exit", "exit_group", "tgkill"}},
    {"signals",
     {"rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "sigreturn", "sigaltstack", "restart_syscall"}},
    {"the loop: waiting, timers, the clock, changes of files",
     {"epoll_create1",
      "epoll_ctl",
      "epoll_wait",
      "epoll_pwait",
      "epoll_pwait2",
      "poll",
      "ppoll",
      "ppoll_time64",
      "eventfd2",
      "pipe2",
      "timerfd_create",
      "timerfd_settime",
      "timerfd_settime64",
      "inotify_init1",
      "inotify_add_watch",
      "inotify_rm_watch",
      "clock_gettime",
      "clock_gettime64",
      "clock_getres",
      "gettimeofday",
      "time",
      "nanosleep",
      "clock_nanosleep"}},
    {"looking: sysfs, proc, the configuration, and the registers through their descriptor",
     {"open",       "openat",     "openat2",  "close",      "read",     "readv",      "pread64",   "pwrite64",
      "lseek",      "_llseek",    "stat",     "stat64",     "lstat",    "lstat64",    "fstat",     "fstat64",
      "newfstatat", "fstatat64",  "statx",    "statfs",     "statfs64", "fstatfs",    "fstatfs64", "access",
      "faccessat",  "faccessat2", "readlink", "readlinkat", "getdents", "getdents64", "getcwd",    "fcntl",
      "fcntl64",    "dup",        "dup2",     "dup3"}},
    {"the journal, what outlives it, the log, and socket files with their group",
     {"write",    "writev",    "flock",  "ftruncate", "ftruncate64", "fsync",   "fdatasync", "rename",
      "renameat", "renameat2", "unlink", "unlinkat",  "mkdir",       "mkdirat", "chmod",     "fchmod",
      "fchmodat", "fchmodat2", "lchown", "fchown",    "fchownat",    "umask"}},
    {"clients, guests, the service manager, udev",
     {"bind", "listen", "accept", "accept4", "connect", "getsockopt", "setsockopt", "getsockname",
      "getpeername", "send", "sendto", "sendmsg", "recv", "recvfrom", "recvmsg", "shutdown", "socketpair"}},
    {"guests' processes: told when they end", {"pidfd_open"}},
    {"who we are, and how much we may open",
     {"getpid", "getppid", "getuid", "geteuid", "getgid", "getegid", "getresuid", "getresgid", "getuid32",
      "geteuid32", "getgid32", "getegid32", "getrlimit", "ugetrlimit", "prlimit64", "uname", "sysinfo",
      "getrandom"}},
}};

/// Of sockets only these: files, udev's events, the loopback.
constexpr std::array<int, 4> families = {AF_UNIX, AF_NETLINK, AF_INET, AF_INET6};
/// Of ioctl only these: libuv makes descriptors non-blocking with it, and the C library asks whether it is a terminal.
constexpr std::array<unsigned long, 3> device_controls = {FIONBIO, FIOCLEX, TCGETS};

struct Release {
    void operator()(void* filter) const { ::seccomp_release(filter); }
};

bool allow(scmp_filter_ctx filter, const char* call)
{
    const int number = ::seccomp_syscall_resolve_name(call);
    if (number == __NR_SCMP_ERROR) return true;
    const int added = ::seccomp_rule_add(filter, SCMP_ACT_ALLOW, number, 0);
    return added == 0 || added == -EDOM || added == -EINVAL; // a call of another architecture
}

template <class Values>
bool allow_only(scmp_filter_ctx filter, int call, unsigned argument, const Values& values)
{
    for (const auto value : values) {
        const scmp_arg_cmp is_it{
            .arg = argument, .op = SCMP_CMP_EQ, .datum_a = static_cast<scmp_datum_t>(value), .datum_b = 0};
        if (::seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, call, 1, &is_it) != 0) return false;
    }
    return true;
}

bool fill(scmp_filter_ctx filter)
{
    for (const auto& purpose : allowed)
        for (const auto* call : purpose.calls)
            if (call != nullptr && !allow(filter, call)) return false;
    // To itself alone, which is how abort() and a test's death end a process.
    const std::array<pid_t, 1> itself = {::getpid()};
    return allow_only(filter, SCMP_SYS(socket), 0, families) &&
           allow_only(filter, SCMP_SYS(ioctl), 1, device_controls) &&
           allow_only(filter, SCMP_SYS(kill), 0, itself);
}

} // namespace

Result<Filter> forbid_other_system_calls()
{
    const std::unique_ptr<void, Release> filter(::seccomp_init(SCMP_ACT_ERRNO(ENOSYS)));
    const int loaded = filter && fill(filter.get()) ? ::seccomp_load(filter.get()) : -EINVAL;
    if (loaded == 0) return Filter::installed;
    return std::unexpected(Error(ErrorKind::failed, "cannot filter system calls", -loaded));
}

#endif

} // namespace usbroute::linux_
