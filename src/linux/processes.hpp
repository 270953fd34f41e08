#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace usbroute::linux_ {

/// A process that has /dev/vfio/GROUP open.
struct VfioUser {
    std::uint32_t group = 0;
    std::uint32_t process = 0;
    std::string command;
};

/// Of this machine, as far as this user may see it: only root sees everybody's.
[[nodiscard]] std::vector<VfioUser> vfio_users();

/// When a process of this machine was started, in local time: "2026-11-22 12:00:31". Empty: it is gone.
[[nodiscard]] std::string start_of(std::uint32_t process);

} // namespace usbroute::linux_
