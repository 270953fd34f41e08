// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "sim/node_sockets.hpp"

#include "base/format.hpp"
#include "linux/unix_address.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <string_view>

#include <sys/socket.h>
#include <unistd.h>

namespace usbroute::sim {

namespace fs = std::filesystem;

namespace {

/// A program that has found the node, and connects when it is gone, would be ended by the library if nobody listened there
/// any more. So the latest go on listening.
constexpr std::size_t most_idle = 64;
constexpr std::size_t most_clients = 512;
constexpr int node_backlog = 16;

/// What a message is about (libumockdev-preload.c).
namespace shim {
constexpr unsigned long ioctl = 1;
constexpr unsigned long outcome = 2; ///< of a call that the program was told to make
constexpr unsigned long done = 3;
constexpr unsigned long run = 4;
constexpr unsigned long read_memory = 5;
constexpr unsigned long write_memory = 6;
constexpr unsigned long read = 7;
constexpr unsigned long write = 8;
} // namespace shim

using ShimMessage = std::array<unsigned long, 3>;

std::string bytes_of_words(const ShimMessage& words)
{
    std::string bytes(sizeof words, '\0');
    std::memcpy(bytes.data(), words.data(), sizeof words);
    return bytes;
}

/// The program waits for it, so there is room; for one that does not read there is none, and it has to go.
bool send_to_program(int fd, const std::string& bytes)
{
    return ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size());
}

bool send_outcome(int fd, int value, int error)
{
    return send_to_program(fd, bytes_of_words({shim::done, static_cast<unsigned long>(long{value}),
                                               static_cast<unsigned long>(error)}));
}

pid_t process_behind(int fd)
{
    ucred credentials{};
    socklen_t size = sizeof credentials;
    return ::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &size) == 0 ? credentials.pid : 0;
}

} // namespace

std::string NodeSockets::path_of(const Numbers& numbers) const
{
    return format("{}/ioctl/dev/bus/usb/{:03}/{:03}", directory_, numbers.first, numbers.second);
}

void NodeSockets::open(std::uint16_t bus, std::uint8_t number)
{
    const Numbers numbers{bus, number};
    std::erase(idle_, numbers);
    if (listeners_.contains(numbers)) return;
    const auto path = path_of(numbers);
    const auto address = linux_::unix_address(path);
    std::error_code error;
    fs::create_directories(fs::path(path).parent_path(), error);
    fs::remove(path, error);
    linux_::UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!address || !fd.is_open() ||
        ::bind(fd.get(), reinterpret_cast<const sockaddr*>(&*address), sizeof *address) != 0 ||
        ::listen(fd.get(), node_backlog) != 0) {
        fs::remove(path, error);
        announce_(format("nobody answers for the node {:03}/{:03}: {}", bus, number, errno_text(errno)));
        return;
    }
    // Whoever may open the node may ask; the node's mode decides.
    fs::permissions(path, fs::perms(0777), error);
    listeners_.emplace(numbers, std::move(fd));
}

void NodeSockets::shut(std::uint16_t bus, std::uint8_t number)
{
    idle_.emplace_back(bus, number);
    if (idle_.size() <= most_idle) return;
    const auto oldest = idle_.front();
    idle_.pop_front();
    std::error_code error;
    fs::remove(path_of(oldest), error);
    listeners_.erase(oldest);
}

void NodeSockets::add_to(std::vector<pollfd>& waiting) const
{
    for (const auto& client : clients_)
        waiting.push_back({.fd = client.fd.get(), .events = POLLIN, .revents = 0});
    if (clients_.size() >= most_clients) return;
    for (const auto& [numbers, fd] : listeners_)
        waiting.push_back({.fd = fd.get(), .events = POLLIN, .revents = 0});
}

void NodeSockets::take_clients(Kernel& kernel)
{
    for (const auto& [numbers, fd] : listeners_) {
        while (clients_.size() < most_clients) {
            linux_::UniqueFd taken(::accept4(fd.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
            if (!taken.is_open()) break;
            auto& client = clients_.emplace_back();
            client.call.device = kernel.device_numbered(numbers.first, numbers.second);
            client.call.opener = {.id = next_opener_++, .process = process_behind(taken.get())};
            client.fd = std::move(taken);
        }
    }
}

void NodeSockets::serve(Kernel& kernel)
{
    // Those that have ended first: what they had is free for those that ask now.
    for (int turn = 0; turn < 2; ++turn) {
        std::erase_if(clients_, [&](Client& client) {
            if (serve(client, kernel)) return false;
            kernel.close(client.call.device, client.call.opener);
            return true;
        });
        if (turn == 0) take_clients(kernel);
    }
}

bool NodeSockets::serve(Client& client, Kernel& kernel)
{
    std::array<char, 1024> buffer{};
    const auto got = ::recv(client.fd.get(), buffer.data(), buffer.size(), 0);
    if (got == 0) return false;
    if (got < 0) return errno == EAGAIN || errno == EINTR;
    client.received.append(buffer.data(), static_cast<std::size_t>(got));
    while (true) {
        const auto before = client.received.size();
        if (!step(client, kernel)) return false;
        if (client.received.size() == before) return before < buffer.size();
    }
}

/// One message, if it is there as a whole.
bool NodeSockets::step(Client& client, Kernel& kernel)
{
    if (client.stage == Stage::memory) return run(client, kernel);
    ShimMessage words{};
    if (client.received.size() < sizeof words) return true;
    if (client.stage == Stage::request) return begin(client, kernel);
    std::memcpy(words.data(), client.received.data(), sizeof words);
    client.received.erase(0, sizeof words);
    client.stage = Stage::request;
    if (words[0] != shim::outcome) return false;
    return send_to_program(client.fd.get(), bytes_of_words({shim::done, words[1], words[2]}));
}

bool NodeSockets::begin(Client& client, Kernel& kernel)
{
    ShimMessage words{};
    std::memcpy(words.data(), client.received.data(), sizeof words);
    client.received.erase(0, sizeof words);
    const int fd = client.fd.get();
    if (words[0] == shim::read) { // the descriptors, from the file
        client.stage = Stage::outcome;
        return send_to_program(fd, bytes_of_words({shim::run, 0, 0}));
    }
    if (words[0] == shim::write) return send_outcome(fd, -1, EINVAL);
    if (words[0] != shim::ioctl) return false;
    client.call.request = words[1];
    client.address = words[2];
    const auto bytes = argument_bytes(client.call.request);
    client.stage = Stage::memory;
    if (bytes == 0) return run(client, kernel);
    if (client.address == 0) {
        client.stage = Stage::request;
        return send_outcome(fd, -1, EFAULT);
    }
    return send_to_program(fd, bytes_of_words({shim::read_memory, client.address, bytes}));
}

bool NodeSockets::run(Client& client, Kernel& kernel)
{
    const auto bytes = argument_bytes(client.call.request);
    if (client.received.size() < bytes) return true;
    client.call.memory = client.received.substr(0, bytes);
    client.received.erase(0, bytes);
    client.stage = Stage::request;
    const auto reply = answer(kernel, client.call);
    if (const auto line = told(kernel, client.call, reply); !line.empty())
        announce_(format("process {} {}", client.call.opener.process, line));
    const int fd = client.fd.get();
    if (!reply.memory.empty() &&
        !send_to_program(fd, bytes_of_words({shim::write_memory, client.address, reply.memory.size()}) +
                                 reply.memory))
        return false;
    return send_outcome(fd, reply.value, reply.error);
}

} // namespace usbroute::sim
