// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "sim/inside.hpp"

#include "base/format.hpp"

#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string_view>
#include <utility>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace usbroute::sim {

namespace fs = std::filesystem;

namespace {

/// The longest name of a Unix socket is 107 bytes, and "/ioctl//dev/bus/usb/003/004" comes on top.
constexpr std::size_t longest_directory = 79;

std::string variable(const char* name)
{
    const char* value = std::getenv(name);
    return value == nullptr ? std::string() : std::string(value);
}

void put_in_front(const char* name, const std::string& value, char separator)
{
    const auto old = variable(name);
    ::setenv(name, old.empty() ? value.c_str() : format("{}{}{}", value, separator, old).c_str(), 1);
}

/// The board has a /dev of its own, and a program that goes there name by name would not find what lies below the real one.
bool is_below_dev(const fs::path& path)
{
    std::error_code error;
    return (fs::weakly_canonical(path, error).string() + "/").starts_with("/dev/");
}

/// In memory where possible: the board is two thousand small files, and an idle disk takes a while to make them.
std::string temporary_base()
{
    auto base = variable("TMPDIR");
    if (!base.empty() && base.size() <= longest_directory - 20 && !is_below_dev(base)) return base;
    return ::access("/run", W_OK | X_OK) == 0 ? "/run" : "/tmp";
}

/// Boards that are started at the same moment all find the port free. The first has this name, which the kernel takes back
/// with the process, and the others look for another port.
bool is_ours(std::uint16_t port)
{
    static const int claim = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    const auto name = format("usbroute-sim port {}", port);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(&address.sun_path[1], name.data(), name.size()); // abstract: it begins with a zero
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size());
    return claim >= 0 && ::bind(claim, reinterpret_cast<sockaddr*>(&address), size) == 0;
}

bool can_bind(int fd, std::uint16_t port)
{
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const int on = 1;
    ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    return ::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

} // namespace

Result<BoardDirectory> BoardDirectory::make(const std::string& wanted)
{
    std::error_code error;
    if (wanted.empty()) {
        std::string path = temporary_base() + "/usbroute-sim.XXXXXX";
        if (::mkdtemp(path.data()) == nullptr) return failure(format("cannot make {}", path), errno);
        return BoardDirectory(path, false);
    }
    const auto path = fs::absolute(wanted, error).lexically_normal().string();
    if (path.size() > longest_directory)
        return std::unexpected(
            Error(ErrorKind::usage,
                  format("the path of --dir has more than {} bytes: sockets below it could not be made",
                         longest_directory)));
    if (is_below_dev(path))
        return std::unexpected(
            Error(ErrorKind::usage,
                  format("{} is below /dev, of which the board has its own; name another directory", path)));
    fs::create_directories(path, error);
    if (error) return failure(format("cannot make {}", path), error.value());
    if (!fs::is_empty(path, error) || error)
        return std::unexpected(
            Error(ErrorKind::usage, format("{} is not empty; name a new directory", path)));
    return BoardDirectory(path, true);
}

BoardDirectory::BoardDirectory(BoardDirectory&& other) noexcept
    : path_(std::exchange(other.path_, {})), is_kept_(other.is_kept_)
{}

BoardDirectory::~BoardDirectory()
{
    std::error_code error;
    if (!is_kept_ && !path_.empty()) fs::remove_all(path_, error);
}

std::string control_path(const std::string& directory) { return directory + "/sim.sock"; }

void set_environment(const std::string& directory, std::uint16_t port)
{
    put_in_front("LD_PRELOAD", "libumockdev-preload.so.0", ':');
    // A program built with the address sanitizer must not insist on being loaded first.
    put_in_front("ASAN_OPTIONS", "verify_asan_link_order=0", ':');
    put_in_front("PATH", own_directory(), ':');
    ::setenv("UMOCKDEV_DIR", directory.c_str(), 1);
    ::setenv("USBROUTE_SIM", directory.c_str(), 1);
    // The board is whose simulation it is; another user could not even see it. A script that has made it visible
    // may say otherwise.
    if (::geteuid() == 0) ::setenv("USBROUTE_USER", "root", 0);
    ::setenv("USBROUTE_SIM_PORT", format("{}", port).c_str(), 1);
    ::setenv("USBROUTE_CONFIG", (directory + "/etc/usbroute/usbroute.toml").c_str(), 1);
    ::setenv("USBROUTE_SOCKET", (directory + "/run/control.sock").c_str(), 1);
    ::setenv("USBROUTE_STATE_DIR", (directory + "/state").c_str(), 1);
    ::setenv("USBROUTE_LASTING_DIR", (directory + "/lasting").c_str(), 1);
}

bool is_inside() { return ::access(format("/{}", inside_mark).c_str(), F_OK) == 0; }

std::uint16_t free_port()
{
    constexpr std::uint16_t usual = 1410; // the HOWTO's
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return usual;
    std::uint16_t port = usual;
    if (!(is_ours(usual) && can_bind(fd, usual)) && can_bind(fd, 0)) {
        sockaddr_in address{};
        socklen_t size = sizeof address;
        if (::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) == 0)
            port = ntohs(address.sin_port);
    }
    ::close(fd);
    return port;
}

std::string own_directory()
{
    std::error_code error;
    return fs::read_symlink("/proc/self/exe", error).parent_path().string();
}

} // namespace usbroute::sim
