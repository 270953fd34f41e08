// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "sim/uevent.hpp"

#include "base/format.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace usbroute::sim {

namespace {

namespace fs = std::filesystem;

constexpr int patience_ms = 250; ///< for a listener that does not read

/// MurmurHash2 with seed 0 (Austin Appleby, public domain): libudev's filters compare these.
std::uint32_t hash_of(std::string_view text)
{
    constexpr std::uint32_t mix = 0x5bd1e995;
    auto hash = static_cast<std::uint32_t>(text.size());
    const auto byte = [&text](std::size_t i) { return std::uint32_t{static_cast<unsigned char>(text[i])}; };
    while (text.size() >= 4) {
        std::uint32_t block = byte(0) | (byte(1) << 8u) | (byte(2) << 16u) | (byte(3) << 24u);
        block *= mix;
        block ^= block >> 24u;
        hash = (hash * mix) ^ (block * mix);
        text.remove_prefix(4);
    }
    if (text.size() >= 3) hash ^= byte(2) << 16u;
    if (text.size() >= 2) hash ^= byte(1) << 8u;
    if (!text.empty()) hash = (hash ^ byte(0)) * mix;
    hash = (hash ^ (hash >> 13u)) * mix;
    return hash ^ (hash >> 15u);
}

/// Layout of libudev's monitor messages (systemd, src/libsystemd/sd-device/device-monitor.c).
struct Header {
    char prefix[8] = {'l', 'i', 'b', 'u', 'd', 'e', 'v', '\0'};
    std::uint32_t magic = htonl(0xfeedcafe);
    std::uint32_t header_size = 40;
    std::uint32_t properties_offset = 40;
    std::uint32_t properties_size = 0;
    std::uint32_t subsystem_hash = 0;
    std::uint32_t type_hash = 0;
    std::uint32_t tag_bloom_high = 0;
    std::uint32_t tag_bloom_low = 0;
};
static_assert(sizeof(Header) == 40);

enum class Sent : std::uint8_t { yes, slow, gone };

Sent send_to(const std::string& path, std::string_view message, int wait_ms)
{
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path) return Sent::gone;
    std::memcpy(address.sun_path, path.data(), path.size());
    const int fd = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) return Sent::slow;
    auto outcome = Sent::gone;
    if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) {
        // A Unix socket queues ten messages; a burst of a hub with devices is longer.
        pollfd ready{.fd = fd, .events = POLLOUT, .revents = 0};
        if (wait_ms > 0) (void)::poll(&ready, 1, wait_ms);
        if (::send(fd, message.data(), message.size(), MSG_NOSIGNAL) >= 0)
            outcome = Sent::yes;
        else if (errno == EAGAIN || errno == ENOBUFS)
            outcome = Sent::slow;
    }
    ::close(fd);
    return outcome;
}

} // namespace

std::string udev_message(std::string_view action, const Node& node, std::uint64_t sequence)
{
    std::string properties;
    const auto add = [&properties](std::string_view line) {
        properties += line;
        properties += '\0';
    };
    add(format("ACTION={}", action));
    add(format("DEVPATH=/{}", node.path));
    add(format("SUBSYSTEM={}", node.subsystem_name()));
    add(format("SEQNUM={}", sequence));
    add(format("USEC_INITIALIZED={}", 5'000'000 + sequence));
    std::string_view type;
    const auto lines = node.properties() + node.extra;
    for (const auto line : split(lines, '\n')) {
        if (line.empty()) continue;
        if (line.starts_with("DEVTYPE=")) type = line.substr(8);
        // udevd makes the kernel's name of the device node absolute.
        if (line.starts_with("DEVNAME="))
            add(format("DEVNAME=/dev/{}", line.substr(8)));
        else
            add(line);
    }
    Header header;
    header.properties_size = static_cast<std::uint32_t>(properties.size());
    header.subsystem_hash = htonl(hash_of(node.subsystem_name()));
    if (!type.empty()) header.type_hash = htonl(hash_of(type));
    const auto bytes = std::bit_cast<std::array<char, sizeof(Header)>>(header);
    return std::string(bytes.data(), bytes.size()) + properties;
}

void UeventSender::adopt()
{
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(directory_, error)) {
        const auto name = entry.path().filename().string();
        if (!name.starts_with("event") || !entry.is_socket(error)) continue;
        const auto adopted = format("{}/listeners/{}", directory_, next_name_++);
        fs::create_directories(fs::path(adopted).parent_path(), error);
        fs::rename(entry.path(), adopted, error);
        if (!error) listeners_.push_back({.path = adopted});
    }
}

/// Not told of: who cannot read a count has to look.
void UeventSender::count()
{
    if (!count_.is_open()) {
        const auto file = fs::path(directory_) / count_file;
        std::error_code error;
        fs::create_directories(file.parent_path(), error);
        count_ = linux_::UniqueFd(::open(file.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0444));
        if (!count_.is_open()) return;
    }
    const auto text = format("{}\n", sequence_);
    if (::pwrite(count_.get(), text.data(), text.size(), 0) < 0) count_.reset();
}

void UeventSender::send(std::string_view action, const Node& node)
{
    adopt();
    ++sequence_;
    count();
    const auto message = udev_message(action, node, sequence_);
    trace_.note(action, node.path);
    std::erase_if(listeners_, [&message](Listener& listener) {
        const auto sent = send_to(listener.path, message, listener.is_slow ? 0 : patience_ms);
        listener.is_slow = sent == Sent::slow;
        std::error_code error;
        if (sent == Sent::gone) fs::remove(listener.path, error);
        return sent == Sent::gone;
    });
}

} // namespace usbroute::sim
