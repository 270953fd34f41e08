// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "linux/open_devices.hpp"

#include "base/format.hpp"
#include "base/text.hpp"
#include "topology/host_use.hpp"

#include <array>
#include <optional>
#include <thread>

#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

namespace usbroute::linux_ {

using observe::attribute_limit;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

namespace {

constexpr std::size_t mounts_limit = 1U << 24;
constexpr milliseconds between_looks_at_holders{100};
constexpr int looks_again = 5;
constexpr std::size_t most_holders = 32; // of one device; one that stays is enough

std::optional<dev_t> device_number_from(std::string_view text)
{
    const auto parts = split(text, ':');
    if (parts.size() != 2) return std::nullopt;
    const auto major_number = parse_decimal(parts[0]);
    const auto minor_number = parse_decimal(parts[1]);
    if (!major_number || !minor_number) return std::nullopt;
    return makedev(*major_number, *minor_number);
}

} // namespace

void OpenDevices::watch(const std::string& name, const std::string& number, DeviceKind kind)
{
    if (const auto device = device_number_from(number)) watched_.emplace(Device{kind, *device}, name);
}

const std::string* OpenDevices::watched_at(const std::string& link) const
{
    std::array<char, 4096> target{};
    const auto length = ::readlink(link.c_str(), target.data(), target.size());
    if (length <= 0) return nullptr;
    const std::string_view path(target.data(), static_cast<std::size_t>(length));
    // "socket:[71]", "anon_inode:kvm-vcpu:0" and the like are no devices.
    if (!path.starts_with('/')) return nullptr;
    if (topology::is_below_any(path, remote_)) return nullptr;
    struct stat status{};
    if (::stat(link.c_str(), &status) != 0) return nullptr;
    const bool is_block = S_ISBLK(status.st_mode);
    if (!is_block && !S_ISCHR(status.st_mode)) return nullptr;
    const auto found = watched_.find({is_block ? DeviceKind::block : DeviceKind::character, status.st_rdev});
    return found == watched_.end() ? nullptr : &found->second;
}

bool OpenDevices::look_at_process(std::uint32_t process, Moment end)
{
    const auto directory = format("proc/{}/fd", process);
    for (const auto& number : tree_.list(directory).value_or(std::vector<std::string>{})) {
        if (steady_clock::now() >= end) return false;
        const auto link = format("/{}/{}", directory, number);
        const auto* name = watched_at(link);
        if (name == nullptr || holders_.count(*name) >= most_holders) continue;
        const auto command = tree_.read(format("proc/{}/comm", process), attribute_limit);
        holders_.emplace(*name,
                         Holder{.link = link,
                                .words = format("process {} ({})", process,
                                                command ? printable(trim(*command), 32) : std::string("?"))});
    }
    return true;
}

bool OpenDevices::look_at_all(Moment end)
{
    const auto own = static_cast<std::uint32_t>(::getpid());
    for (const auto& name : tree_.list("proc").value_or(std::vector<std::string>{})) {
        const auto process = parse_decimal(name);
        if (process && *process != own && !look_at_process(*process, end)) return false;
    }
    return true;
}

bool OpenDevices::look(milliseconds budget)
{
    if (watched_.empty()) return true;
    const auto end = steady_clock::now() + budget;
    const auto mounts = tree_.read("proc/self/mountinfo", mounts_limit).value_or(std::string());
    remote_ = topology::remote_points(topology::parse_mountinfo(mounts));
    const bool is_whole = look_at_all(end);
    for (int i = 0; i < looks_again && !holders_.empty(); ++i) {
        std::this_thread::sleep_for(between_looks_at_holders);
        std::erase_if(holders_, [&](const auto& entry) {
            const auto* name = watched_at(entry.second.link);
            return name == nullptr || *name != entry.first;
        });
    }
    return is_whole;
}

const std::string* OpenDevices::holder_of(const std::string& name) const
{
    const auto found = holders_.find(name);
    return found == holders_.end() ? nullptr : &found->second.words;
}

} // namespace usbroute::linux_
