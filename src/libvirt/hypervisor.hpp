// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "base/result.hpp"
#include "libvirt/answer.hpp"
#include "libvirt/question.hpp"

#include <expected>
#include <optional>
#include <string>
#include <variant>

namespace usbroute::libvirt {

/// What libvirt tells without being asked.
struct ConnectionEnded {
    std::string why;
};
struct DomainChanged {
    std::string name;
    std::string uuid;
    std::optional<State> state; ///< nothing: the event does not say which
};
struct DeviceAdded {
    std::string name;
    std::string uuid;
    std::string alias;
};
struct DeviceRemoved {
    std::string name;
    std::string uuid;
    std::string alias;
};
using News = std::variant<ConnectionEnded, DomainChanged, DeviceAdded, DeviceRemoved>;

/// libvirt, as far as we ask it. Each of these is called by a thread that can wait as long as libvirt hangs, several at a time.
class Hypervisor {
public:
    Hypervisor() = default;
    virtual ~Hypervisor() = default;
    Hypervisor(const Hypervisor&) = delete;
    Hypervisor& operator=(const Hypervisor&) = delete;

    /// A new connection in the place of the one that there was.
    [[nodiscard]] virtual Result<void> connect() = 0;
    /// `descriptor`: an open node of a device, for attach-descriptor; it stays the caller's.
    [[nodiscard]] virtual Answer carry_out(const Question& question, int descriptor) = 0;
    /// Whether the domain has a device with this alias, by libvirt or past it. One that does not run has none.
    [[nodiscard]] virtual std::expected<bool, Refused> has(const std::string& domain, const Alias& alias) = 0;
    [[nodiscard]] virtual std::expected<State, Refused> state_of(const std::string& domain) = 0;
};

} // namespace usbroute::libvirt
