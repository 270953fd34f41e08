// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "linux/lending.hpp"
#include "linux/passing.hpp"
#include "linux/rights.hpp"
#include "linux/syscall_filter.hpp"
#include "linux/unique_fd.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include <fcntl.h>
#include <linux/usbdevice_fs.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace usbroute::linux_ {
namespace {

/// The exit code of a child, in which rights that are gone are gone for that child alone.
int in_a_child(const std::function<int()>& what)
{
    const auto child = ::fork();
    if (child == 0) ::_exit(what());
    int status = 0;
    if (::waitpid(child, &status, 0) != child || !WIFEXITED(status)) return -1;
    return WEXITSTATUS(status);
}

TEST(Rights, AreGoneForGoodInEverySet)
{
    const int code = in_a_child([] {
        if (!give_up_capabilities()) return 1;
        if (::prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1) return 2;
        if (::geteuid() == 0 && ::prctl(PR_CAPBSET_READ, 0, 0, 0, 0) != 0) return 3;
        // CAP_SETUID is not there any more, also for root.
        constexpr uid_t another = 65534;
        return ::geteuid() == 0 && ::setuid(another) == 0 ? 4 : 0;
    });

    EXPECT_EQ(code, 0);
}

TEST(Rights, CannotBeTakenBackByWhoHasBecomeAnother)
{
    if (::geteuid() != 0) GTEST_SKIP() << "only root can become another user";
    const int code = in_a_child([] {
        const Account account{.name = "another", .user = 65534, .group = 65534, .groups = {65534}};
        constexpr gid_t listeners = 4242;
        if (!become(account, std::vector<gid_t>{listeners})) return 1;
        if (::getuid() != account.user || ::getegid() != account.group) return 2;
        if (::setuid(0) == 0 || ::seteuid(0) == 0 || ::setgid(0) == 0) return 3;
        std::vector<gid_t> groups(16);
        groups.resize(static_cast<std::size_t>(::getgroups(16, groups.data())));
        return groups == std::vector<gid_t>{listeners, 65534} ||
                       groups == std::vector<gid_t>{65534, listeners}
                   ? 0
                   : 4;
    });

    EXPECT_EQ(code, 0);
}

TEST(SyscallFilter, ForbidsToStartProgramsAndOtherSocketsAndNothingThatIsNeeded)
{
    const int code = in_a_child([] {
        const auto filter =
            forbid_other_system_calls(first_register_number().value_or(0), OpensInside::the_machine_itself);
        if (!filter) return 1;
        if (*filter == Filter::not_built) return 0;
        if (::execl("/bin/true", "true", nullptr) == 0 || errno != ENOSYS) return 2;
        if (::socket(AF_PACKET, SOCK_DGRAM, 0) >= 0 || errno != ENOSYS) return 3;
        if (::chroot("/") == 0 || errno != ENOSYS) return 4;
        if (::kill(::getppid(), 0) == 0 || errno != ENOSYS) return 5;
        if (::kill(::getpid(), 0) != 0) return 6;
        return ::socket(AF_UNIX, SOCK_STREAM, 0) >= 0 ? 0 : 7;
    });

    EXPECT_EQ(code, 0);
}

TEST(SyscallFilter, ForbidsAFileThatRunsAsItsOwnerAndNoOtherFile)
{
    std::string path = (std::filesystem::temp_directory_path() / "usbroute-XXXXXX").string();
    const UniqueFd file(::mkstemp(path.data()));
    const auto fresh = path + ".new";

    const int code = in_a_child([&] {
        const auto filter =
            forbid_other_system_calls(first_register_number().value_or(0), OpensInside::the_machine_itself);
        if (!filter) return 1;
        if (*filter == Filter::not_built) return 0;
        for (const mode_t mode : {04755U, 02755U, 01755U, 06755U}) {
            if (::fchmod(file.get(), mode) == 0 || errno != ENOSYS) return 2;
            if (::chmod(path.c_str(), mode) == 0 || errno != ENOSYS) return 3;
            if (::open(fresh.c_str(), O_RDWR | O_CREAT, mode) >= 0 || errno != ENOSYS) return 4;
            if (::mkdir(fresh.c_str(), mode) == 0 || errno != ENOSYS) return 5;
        }
        if (::fchmod(file.get(), 0640) != 0 || ::chmod(path.c_str(), 0600) != 0) return 6;
        if (::open(fresh.c_str(), O_RDWR | O_CREAT | O_EXCL, 0600) < 0 || ::unlink(fresh.c_str()) != 0)
            return 7;
        return ::open(path.c_str(), O_RDONLY) >= 0 && ::mkdir(fresh.c_str(), 0755) == 0 ? 0 : 8;
    });

    EXPECT_EQ(code, 0);
    std::filesystem::remove(path);
    std::filesystem::remove(fresh);
}

TEST(SyscallFilter, ForbidsWhatMakesADescriptorSendSignalsAndChoosesItsNumber)
{
    const int code = in_a_child([] {
        const auto filter =
            forbid_other_system_calls(first_register_number().value_or(0), OpensInside::the_machine_itself);
        if (!filter) return 1;
        if (*filter == Filter::not_built) return 0;
        const UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM, 0));
        if (::fcntl(fd.get(), F_SETOWN, ::getppid()) == 0 || errno != ENOSYS) return 2;
        if (::fcntl(fd.get(), F_SETFL, O_ASYNC) == 0 || errno != ENOSYS) return 3;
        if (::dup(fd.get()) >= 0 || errno != ENOSYS) return 4;
        if (::dup3(fd.get(), 60, O_CLOEXEC) >= 0 || errno != ENOSYS) return 5;
        if (::fcntl(fd.get(), F_SETFL, O_NONBLOCK) != 0 || ::fcntl(fd.get(), F_GETFL) < 0) return 6;
        if (::fcntl(fd.get(), F_SETFD, FD_CLOEXEC) != 0 || ::fcntl(fd.get(), F_GETFD) < 0) return 7;
        return ::fcntl(fd.get(), F_DUPFD_CLOEXEC, 0) >= 0 ? 0 : 8;
    });

    EXPECT_EQ(code, 0);
}

TEST(SyscallFilter, LetsOneMessagePassOneFileAndNoOther)
{
    const int code = in_a_child([] {
        const auto first = first_register_number().value_or(0);
        auto lending = LendingMessage::make(lending_number(first == 0 ? 64 : first));
        if (!lending) return 1;
        std::array<int, 2> ends{};
        if (::socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()) != 0) return 2;
        const UniqueFd file(::open("/dev/null", O_RDONLY | O_CLOEXEC));
        const auto filter = forbid_other_system_calls(first, OpensInside::the_machine_itself, &*lending);
        if (!filter) return 3;
        if (*filter == Filter::not_built) return 0;

        if (lending->lend(ends[0], file.get()).count != 1) return 4;
        auto passed = receive_passed(ends[1]);
        if (!passed || passed->text != " " || !passed->fd.is_open()) return 5;
        if (::fcntl(lending->number(), F_GETFD) >= 0 || errno != EBADF) return 6;

        if (lend(ends[0], file.get()).errno_value != ENOSYS) return 7;
        const auto* const known = reinterpret_cast<const msghdr*>(LendingMessage::place); // NOLINT
        const msghdr copy = *known;
        if (::sendmsg(ends[0], &copy, MSG_NOSIGNAL) >= 0 || errno != ENOSYS) return 8;
        if (::sendmsg(ends[0], known, MSG_NOSIGNAL | MSG_OOB) >= 0 || errno != ENOSYS) return 9;
        if (::sendmsg(ends[0], known, MSG_NOSIGNAL) >= 0 || errno != EBADF)
            return 10; // nothing has the number
        if (::dup3(file.get(), lending->number() - 1, O_CLOEXEC) >= 0 || errno != ENOSYS) return 11;
        if (::dup3(first, lending->number(), O_CLOEXEC) >= 0 || errno != ENOSYS) return 12;
        auto* const page = reinterpret_cast<void*>(LendingMessage::place); // NOLINT
        if (::mprotect(page, 4096, PROT_READ | PROT_WRITE) == 0 || errno != ENOSYS) return 13;
        return ::munmap(page, 4096) != 0 && errno == ENOSYS ? 0 : 14;
    });

    EXPECT_EQ(code, 0);
}

TEST(SyscallFilter, LendsNothingWhereSomethingElseHasTheNumber)
{
    const int code = in_a_child([] {
        constexpr int number = 40;
        auto lending = LendingMessage::make(number);
        if (!lending) return 1;
        std::array<int, 2> ends{};
        if (::socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()) != 0) return 2;
        const UniqueFd file(::open("/dev/null", O_RDONLY | O_CLOEXEC));
        const UniqueFd other(::dup3(ends[1], number, O_CLOEXEC));
        if (lending->lend(ends[0], file.get()).errno_value != EMFILE) return 3;
        return ::fcntl(number, F_GETFD) >= 0 ? 0 : 4;
    });

    EXPECT_EQ(code, 0);
}

TEST(SyscallFilter, AsksNodesForWhatGivingADeviceTakesAndForNothingElse)
{
    const int code = in_a_child([] {
        const auto first = first_register_number().value_or(0);
        auto lending = LendingMessage::make(lending_number(first == 0 ? 64 : first));
        if (!lending) return 1;
        const UniqueFd file(::open("/dev/null", O_RDWR | O_CLOEXEC));
        const auto filter = forbid_other_system_calls(first, OpensInside::the_machine_itself, &*lending);
        if (!filter) return 2;
        if (*filter == Filter::not_built) return 0;
        std::array<char, 64> argument{};
        const auto error_of = [&](int fd, unsigned long request) {
            return ::ioctl(fd, request, argument.data()) < 0 ? errno : 0;
        };
        for (const unsigned long request : {USBDEVFS_CONNECTINFO, USBDEVFS_CLAIM_PORT, USBDEVFS_RELEASE_PORT,
                                            USBDEVFS_SETCONFIGURATION, USBDEVFS_IOCTL}) {
            if (error_of(file.get(), request) != ENOTTY) return 3; // the kernel was asked
            if (error_of(first, request) != ENOSYS) return 4;      // a configuration space
        }
        constexpr std::array<unsigned long, 8> never_asked{USBDEVFS_CONTROL,      USBDEVFS_BULK,
                                                           USBDEVFS_SUBMITURB,    USBDEVFS_CLAIMINTERFACE,
                                                           USBDEVFS_RESET,        USBDEVFS_DISCONNECT_CLAIM,
                                                           USBDEVFS_SETINTERFACE, USBDEVFS_GET_CAPABILITIES};
        for (const auto request : never_asked)
            if (error_of(file.get(), request) != ENOSYS) return 5;
        return 0;
    });

    EXPECT_EQ(code, 0);
}

TEST(SyscallFilter, SendsNoMessageWhereNothingIsLent)
{
    const int code = in_a_child([] {
        const auto first = first_register_number().value_or(0);
        auto lending = LendingMessage::make(lending_number(first == 0 ? 64 : first));
        if (!lending) return 1;
        const UniqueFd file(::open("/dev/null", O_RDONLY | O_CLOEXEC));
        const auto filter = forbid_other_system_calls(first, OpensInside::the_machine_itself);
        if (!filter) return 2;
        if (*filter == Filter::not_built) return 0;
        if (lending->lend(0, file.get()).errno_value != ENOSYS) return 3;
        const auto* const known = reinterpret_cast<const msghdr*>(LendingMessage::place); // NOLINT
        if (::sendmsg(0, known, MSG_NOSIGNAL) >= 0 || errno != ENOSYS) return 4;
        unsigned port = 1;
        return ::ioctl(file.get(), USBDEVFS_CLAIM_PORT, &port) < 0 && errno == ENOSYS ? 0 : 5;
    });

    EXPECT_EQ(code, 0);
}

#ifdef __x86_64__
TEST(SyscallFilter, AnswersACallOfAnotherArchitectureAndNobodyDies)
{
    const int code = in_a_child([] {
        constexpr long x32 = 0x4000'0000;
        const auto filter =
            forbid_other_system_calls(first_register_number().value_or(0), OpensInside::the_machine_itself);
        if (!filter) return 1;
        if (*filter == Filter::not_built) return 0;
        return ::syscall(x32 | SYS_getpid) < 0 && errno == ENOSYS ? 0 : 2;
    });

    EXPECT_EQ(code, 0);
}
#endif

} // namespace
} // namespace usbroute::linux_
