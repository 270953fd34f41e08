// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "linux/files.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <sys/types.h>

namespace usbroute::linux_ {

enum class DeviceKind : std::uint8_t { block, character };

/// Which process has a device open, by the open files of all processes that may be looked into. A device is known by its
/// number: libvirt's QEMU has nodes of its own, and a node may have any name.
class OpenDevices {
public:
    /// "sdb", "8:16"; several numbers may go by one name.
    void watch(const std::string& name, const std::string& number, DeviceKind kind);

    /// False: the time was over before all files were seen. What somebody opens for a moment, as udev does with a new disk,
    /// is looked at again.
    [[nodiscard]] bool look(std::chrono::milliseconds budget);

    /// "process 812 (qemu-system-x86)"; null: nobody was found.
    [[nodiscard]] const std::string* holder_of(const std::string& name) const;

private:
    struct Holder {
        std::string link; ///< "/proc/812/fd/14"
        std::string words;
    };
    using Device = std::pair<DeviceKind, dev_t>;
    using Moment = std::chrono::steady_clock::time_point;

    [[nodiscard]] const std::string* watched_at(const std::string& link) const;
    [[nodiscard]] bool look_at_all(Moment end);
    [[nodiscard]] bool look_at_process(std::uint32_t process, Moment end);

    LiveTree tree_{"/"};
    std::map<Device, std::string> watched_;
    std::multimap<std::string, Holder> holders_; ///< by the watched name
    std::vector<std::string> remote_;            ///< mount points that a server answers for
};

} // namespace usbroute::linux_
