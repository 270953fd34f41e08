// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "linux/syscall_filter.hpp"

#ifdef USBROUTE_SECCOMP
#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <cstddef>
#include <memory>
#include <vector>

#include <fcntl.h>
#include <linux/filter.h>
#include <linux/netlink.h>
#include <linux/seccomp.h>
#include <linux/usbdevice_fs.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

namespace usbroute::linux_ {

#ifndef USBROUTE_SECCOMP

std::optional<int> first_register_number() { return std::nullopt; }
Result<Filter> forbid_other_system_calls(int, OpensInside, const LendingMessage*)
{
    return Filter::not_built;
}
Result<void> forbid_other_values(int, const ValueLimit&, const ValueLimit&) { return {}; }

#else

namespace {

/// Calls of one purpose. A name that an architecture or an older libseccomp does not have is left out there.
struct Purpose {
    const char* why;
    std::array<const char*, 40> calls;
};

// docs/service.md shows this table and the rules below it; tests/system/rights.bats compares them.
constexpr std::array<Purpose, 9> allowed = {{
    {"memory of the C library", {"brk"}},
    {"the one worker thread, and the end",
     {"set_robust_list", "rseq", "futex", "futex_time64", "sched_yield", "sched_getaffinity", "membarrier",
      "gettid", "exit", "exit_group"}},
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
    {"looking: sysfs, proc, the configuration, and the registers through their descriptors",
     {"close",      "read",     "readv",      "pread64",    "stat",      "stat64",     "lstat",
      "lstat64",    "fstat",    "fstat64",    "newfstatat", "fstatat64", "statx",      "statfs",
      "statfs64",   "fstatfs",  "fstatfs64",  "access",     "faccessat", "faccessat2", "readlink",
      "readlinkat", "getdents", "getdents64", "getcwd"}},
    {"the journal, what outlives it, the log, and socket files with their group",
     {"flock", "fsync", "fdatasync", "rename", "renameat", "renameat2", "unlink", "unlinkat", "lchown",
      "fchown", "fchownat", "umask"}},
    {"clients, guests, the service manager, udev",
     {"bind", "listen", "accept", "accept4", "connect", "getsockopt", "getsockname", "getpeername", "send",
      "sendto", "recv", "recvfrom", "recvmsg", "shutdown"}},
    {"guests' processes: told when they end", {"pidfd_open"}},
    {"who we are, and how much we may open",
     {"getpid", "getppid", "getuid", "geteuid", "getgid", "getegid", "getresuid", "getresgid", "getuid32",
      "geteuid32", "getgid32", "getegid32", "getrlimit", "ugetrlimit", "uname", "sysinfo", "getrandom"}},
}};

/// One rule: these calls, where all the comparisons hold. Several rules for a call: where one of them holds.
struct Rule {
    std::vector<const char*> calls;
    std::vector<scmp_arg_cmp> where;
};

// A register of the processor has 64 bits of which the kernel takes 32 as an `int`. These compare all 64, so that a number
// with something above is not taken for a smaller one.
scmp_arg_cmp is(unsigned argument, scmp_datum_t value)
{
    return {.arg = argument, .op = SCMP_CMP_EQ, .datum_a = value, .datum_b = 0};
}
scmp_arg_cmp is_below(unsigned argument, scmp_datum_t value)
{
    return {.arg = argument, .op = SCMP_CMP_LT, .datum_a = value, .datum_b = 0};
}
scmp_arg_cmp is_at_least(unsigned argument, scmp_datum_t value)
{
    return {.arg = argument, .op = SCMP_CMP_GE, .datum_a = value, .datum_b = 0};
}
/// The bits of the mask have this value.
scmp_arg_cmp has(unsigned argument, scmp_datum_t mask, scmp_datum_t value)
{
    return {.arg = argument, .op = SCMP_CMP_MASKED_EQ, .datum_a = mask, .datum_b = value};
}
scmp_arg_cmp has_none_of(unsigned argument, scmp_datum_t mask) { return has(argument, mask, 0); }
/// Of what the kernel takes as an `int`, its 32 bits have this value; what a C library leaves above them does not count.
scmp_arg_cmp is_int(unsigned argument, unsigned value) { return has(argument, 0xffff'ffff, value); }

// sched.h; CLONE_NEWTIME (0x80) came with Linux 5.6.
constexpr scmp_datum_t new_namespaces = 0x80 | CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC |
                                        CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET;
#ifdef SYS_mmap2
constexpr const char* map_call = "mmap2"; // the older one takes a pointer to its arguments
#else
constexpr const char* map_call = "mmap";
#endif
#ifdef __s390__
constexpr unsigned clone_flags = 1;
#else
constexpr unsigned clone_flags = 0;
#endif

/// All descriptors but those of configuration spaces, as nothing has a higher number.
void add_descriptor_rules(std::vector<Rule>& rules, scmp_datum_t first)
{
    rules.push_back({{"write", "writev", "ftruncate", "ftruncate64"}, {is_below(0, first)}});
    // No owner, no signal of its own, no lease, no directory's changes: all of these send signals to other processes.
    for (const unsigned command : {unsigned{F_GETFD}, unsigned{F_SETFD}, unsigned{F_GETFL}})
        rules.push_back({{"fcntl", "fcntl64"}, {is_below(0, first), is_int(1, command)}});
    rules.push_back(
        {{"fcntl", "fcntl64"}, {is_below(0, first), is_int(1, F_SETFL), has_none_of(2, O_ASYNC)}});
    rules.push_back(
        {{"fcntl", "fcntl64"}, {is_below(0, first), is_int(1, F_DUPFD_CLOEXEC), is_below(2, first)}});
    // A configuration space gets its number by it; nothing is given any other number of choice.
    rules.push_back({{"dup3"},
                     {is_below(0, first), has(1, 0xffff'ffff & ~scmp_datum_t{register_numbers - 1}, first),
                      is_int(2, O_CLOEXEC)}});
    // It moves no position but to the end: what is written there reaches no register. A descriptor that root hands over
    // arrives under some low number, and its position is at the end already.
    for (const unsigned whence : {unsigned{SEEK_CUR}, unsigned{SEEK_END}}) {
        rules.push_back({{"lseek"}, {is(1, 0), is(2, whence)}});
        rules.push_back({{"_llseek"}, {is(1, 0), is(2, 0), is(4, whence)}});
    }
}

/// The one way in which a register is written: whole, at its offset, from an address that says the value.
void add_register_rules(std::vector<Rule>& rules, scmp_datum_t first)
{
    const auto ours = has(0, ~scmp_datum_t{register_numbers - 1}, first);
    using Values = RegisterValues;
    rules.push_back({{"pwrite64"},
                     {ours, has(1, ~scmp_datum_t{4UL * Values::usb2_field}, Values::usb2_place), is(2, 4),
                      is(3, chips::route_reg::usb2_owner)}});
    rules.push_back({{"pwrite64"},
                     {ours, has(1, ~scmp_datum_t{4UL * Values::superspeed_field}, Values::superspeed_place),
                      is(2, 4), is(3, chips::route_reg::superspeed_on)}});
}

/// No file gets a mode by which it runs as its owner or its group: a copy of a program with it would give this user, without
/// any filter, to whoever starts it. Where nothing is made the mode is not looked at, by the kernel neither.
void add_mode_rules(std::vector<Rule>& rules, OpensInside opens_inside)
{
    constexpr scmp_datum_t special = S_ISUID | S_ISGID | S_ISVTX;
    constexpr scmp_datum_t makes_one = O_CREAT | (O_TMPFILE & ~O_DIRECTORY);
    rules.push_back({{"open"}, {has_none_of(1, makes_one)}});
    rules.push_back({{"open"}, {has_none_of(2, special)}});
    rules.push_back({{"openat"}, {has_none_of(2, makes_one)}});
    rules.push_back({{"openat"}, {has_none_of(3, special)}});
    rules.push_back({{"chmod", "fchmod", "mkdir"}, {has_none_of(1, special)}});
    rules.push_back({{"fchmodat", "fchmodat2", "mkdirat"}, {has_none_of(2, special)}});
    // Its mode lies in memory. LiveTree needs it to stay inside a recorded machine, and never for "/".
    if (opens_inside == OpensInside::a_recorded_machine) rules.push_back({{"openat2"}, {}});
}

/// Memory is private, never becomes code, and never takes the place of the registers' values.
void add_memory_rules(std::vector<Rule>& rules)
{
    rules.push_back({{map_call}, {has_none_of(2, PROT_EXEC), has(3, MAP_TYPE | MAP_FIXED, MAP_PRIVATE)}});
    rules.push_back({{"mprotect"}, {is_at_least(0, RegisterValues::end), has_none_of(2, PROT_EXEC)}});
    rules.push_back({{"munmap", "madvise"}, {is_at_least(0, RegisterValues::end)}});
    rules.push_back(
        {{"mremap"}, {is_at_least(0, RegisterValues::end), has_none_of(3, ~scmp_datum_t{MREMAP_MAYMOVE})}});
}

void add_socket_rules(std::vector<Rule>& rules)
{
    constexpr scmp_datum_t kind = 0xf; // above are SOCK_CLOEXEC and SOCK_NONBLOCK
    rules.push_back({{"socket", "socketpair"}, {is(0, AF_UNIX)}});
    rules.push_back({{"socket"}, {is(0, AF_NETLINK), is(2, NETLINK_KOBJECT_UEVENT)}});
    for (const unsigned family : {unsigned{AF_INET}, unsigned{AF_INET6}})
        for (const unsigned protocol : {0U, unsigned{IPPROTO_TCP}})
            rules.push_back({{"socket"}, {is(0, family), has(1, kind, SOCK_STREAM), is(2, protocol)}});
    // The last four are libudev's.
    for (const unsigned option : {unsigned{SO_REUSEADDR}, unsigned{SO_RCVBUF}, unsigned{SO_RCVBUFFORCE},
                                  unsigned{SO_PASSCRED}, unsigned{SO_ATTACH_FILTER}})
        rules.push_back({{"setsockopt"}, {is_int(1, SOL_SOCKET), is_int(2, option)}});
    rules.push_back({{"setsockopt"}, {is_int(1, IPPROTO_TCP), is_int(2, TCP_NODELAY)}});
}

/// One message, which lies in sealed memory and passes whatever file has one number. Only dup3 gives this number on purpose,
/// and never to what has a register's.
void add_lending_rules(std::vector<Rule>& rules, scmp_datum_t first, const LendingMessage& lending)
{
    rules.push_back({{"sendmsg"}, {is(1, LendingMessage::place), is_int(2, MSG_NOSIGNAL)}});
    rules.push_back(
        {{"dup3"},
         {is_below(0, first), is_int(1, static_cast<unsigned>(lending.number())), is_int(2, O_CLOEXEC)}});
}

/// What linux/usb_node.cpp asks of hubs and devices. What USBDEVFS_IOCTL does with an interface lies in memory: it could also
/// take one from its driver.
void add_node_rules(std::vector<Rule>& rules, scmp_datum_t first)
{
    for (const unsigned request :
         {unsigned{USBDEVFS_CONNECTINFO}, unsigned{USBDEVFS_CLAIM_PORT}, unsigned{USBDEVFS_RELEASE_PORT},
          unsigned{USBDEVFS_SETCONFIGURATION}, unsigned{USBDEVFS_IOCTL}})
        rules.push_back({{"ioctl"}, {is_below(0, first), is_int(1, request)}});
}

std::vector<Rule> rules_beside_the_table(int first_register_number, OpensInside opens_inside,
                                         const LendingMessage* lending)
{
    std::vector<Rule> rules;
    const auto first = static_cast<scmp_datum_t>(first_register_number);
    const auto itself = static_cast<scmp_datum_t>(::getpid());
    add_descriptor_rules(rules, first);
    add_register_rules(rules, first);
    add_mode_rules(rules, opens_inside);
    add_memory_rules(rules);
    add_socket_rules(rules);
    if (lending != nullptr) {
        add_lending_rules(rules, first, *lending);
        add_node_rules(rules, first);
    }
    // A thread, never a process. clone3 keeps its flags in memory; at ENOSYS the C library comes back to clone.
    rules.push_back({{"clone"}, {has(clone_flags, new_namespaces | CLONE_THREAD, CLONE_THREAD)}});
    // libuv makes descriptors non-blocking with it, and the C library asks whether one is a terminal.
    for (const unsigned request : {unsigned{FIONBIO}, unsigned{FIOCLEX}, unsigned{TCGETS}})
        rules.push_back({{"ioctl"}, {is(1, request)}});
    // To itself alone, which is how abort() and a test's death end a process.
    rules.push_back({{"kill", "tgkill"}, {is(0, itself)}});
    rules.push_back({{"prlimit64"}, {is(2, 0)}}); // asked, not set
    // forbid_other_values(). A further filter can only forbid more.
    rules.push_back({{"seccomp"}, {is(0, SECCOMP_SET_MODE_FILTER), is(1, SECCOMP_FILTER_FLAG_TSYNC)}});
    return rules;
}

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

bool allow(scmp_filter_ctx filter, const Rule& rule)
{
    for (const auto* call : rule.calls) {
        const int number = ::seccomp_syscall_resolve_name(call);
        if (number == __NR_SCMP_ERROR) continue;
        const int added = ::seccomp_rule_add_array(
            filter, SCMP_ACT_ALLOW, number, static_cast<unsigned>(rule.where.size()), rule.where.data());
        if (added != 0 && number >= 0) return false; // below zero: a call of another architecture
    }
    return true;
}

bool fill(scmp_filter_ctx filter, int first_register_number, OpensInside opens_inside,
          const LendingMessage* lending)
{
    // Found by halves and not one after the other; libseccomp before 2.5 does not know it, and is only slower.
    ::seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2);
    // There is one thread here. Should a library have started another, it is held to the same, or nothing is.
    if (::seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1) != 0) return false;
    // A call as another processor would make it (x32, i386) is one more that is not in the list, and nobody dies of it.
    if (::seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_ERRNO(ENOSYS)) != 0) return false;
    for (const auto& purpose : allowed)
        for (const auto* call : purpose.calls)
            if (call != nullptr && !allow(filter, call)) return false;
    return std::ranges::all_of(rules_beside_the_table(first_register_number, opens_inside, lending),
                               [&](const Rule& rule) { return allow(filter, rule); });
}

/// Where the lower half of an argument is that the filter sees.
constexpr std::uint32_t low_half_of(unsigned argument)
{
    constexpr std::uint32_t ahead = std::endian::native == std::endian::little ? 0 : 4;
    return static_cast<std::uint32_t>(offsetof(seccomp_data, args) + 8UL * argument) + ahead;
}

constexpr sock_filter load(std::uint32_t from) { return BPF_STMT(BPF_LD | BPF_W | BPF_ABS, from); }
constexpr sock_filter keep(std::uint32_t mask) { return BPF_STMT(BPF_ALU | BPF_AND | BPF_K, mask); }
constexpr sock_filter answer(std::uint32_t what) { return BPF_STMT(BPF_RET | BPF_K, what); }
/// Skips so many instructions where it is equal, and where it is not.
constexpr sock_filter compare(std::uint32_t with, std::uint8_t equal, std::uint8_t other)
{
    return BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, with, equal, other);
}

/// An address as RegisterValues has them, its bits those of the value shifted by two.
constexpr std::uint32_t address_bits(std::uint32_t bits) { return bits << 2; }

} // namespace

std::optional<int> first_register_number()
{
    constexpr rlim_t most =
        1024; // room for all that the daemon can hold; a number in the thousands costs memory
    constexpr rlim_t fewest = 64;
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur < fewest) return std::nullopt;
    const auto usable = static_cast<int>(std::min(limit.rlim_cur, most));
    return usable / register_numbers * register_numbers - register_numbers;
}

Result<Filter> forbid_other_system_calls(int first_register_number, OpensInside opens_inside,
                                         const LendingMessage* lending)
{
    const std::unique_ptr<void, Release> filter(::seccomp_init(SCMP_ACT_ERRNO(ENOSYS)));
    const int loaded = filter && fill(filter.get(), first_register_number, opens_inside, lending)
                           ? ::seccomp_load(filter.get())
                           : -EINVAL;
    if (loaded == 0) return Filter::installed;
    return failure("cannot filter system calls", -loaded);
}

Result<void> forbid_other_values(int first_register_number, const ValueLimit& usb2,
                                 const ValueLimit& superspeed)
{
    const auto usb2_fixed = RegisterValues::usb2_field & ~usb2.free;
    const auto superspeed_fixed = RegisterValues::superspeed_field & ~superspeed.free;
    // By hand: libseccomp cannot say "or" within one rule, and this one forbids on top of what is allowed.
    std::array program = {
        load(offsetof(seccomp_data, nr)),
        compare(SYS_pwrite64, 0, 13),
        load(low_half_of(0)),
        keep(~std::uint32_t{register_numbers - 1}),
        compare(static_cast<std::uint32_t>(first_register_number), 0, 10),
        load(low_half_of(3)),
        compare(chips::route_reg::usb2_owner, 0, 4),
        load(low_half_of(1)),
        keep(address_bits(usb2_fixed)),
        compare(address_bits(usb2.found & usb2_fixed), 5, 0),
        compare(0, 4, 5),
        load(low_half_of(1)),
        keep(address_bits(superspeed_fixed)),
        compare(address_bits(superspeed.found & superspeed_fixed), 1, 0),
        compare(0, 0, 1),
        answer(SECCOMP_RET_ALLOW),
        answer(SECCOMP_RET_ERRNO | EPERM),
    };
    const sock_fprog loadable{.len = static_cast<unsigned short>(program.size()), .filter = program.data()};
    // Some other thread's number is the answer where not all threads could be held to it.
    const auto loaded = ::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &loadable);
    if (loaded == 0) return {};
    return failure("cannot narrow the filter of system calls", loaded < 0 ? errno : 0);
}

#endif

} // namespace usbroute::linux_
