// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "attach/guest_usb.hpp"
#include "attach/seen.hpp"
#include "base/result.hpp"
#include "vmm/function_access.hpp"
#include "vmm/guest_access.hpp"

#include <cstdint>
#include <functional>
#include <optional>

namespace usbroute::daemon {

/// What QEMU's monitor, or libvirt, tells of a machine.
enum class MachineNews : std::uint8_t {
    runs,
    is_switched_off,
    has_other_devices, ///< of the host, or none that are known any more
};

/// A line to a guest's machine, and what the guest had of USB at the last look, whoever is asked for it.
class MachineLine {
public:
    using Tell = std::function<void(MachineNews)>;

    virtual ~MachineLine() = default;

    /// Nothing: nobody can be asked, or it has not been looked at yet, or it does not run.
    [[nodiscard]] virtual const std::optional<attach::GuestUsb>& usb() const = 0;
    /// Where nothing is known of what it has, the machine may run all the same.
    [[nodiscard]] virtual bool may_be_there() const = 0;
    /// What it has will be known in a moment, for the first time.
    [[nodiscard]] virtual bool is_looked_at_first() const = 0;
    /// Why nothing is known of it; nothing where there is no more to say than that.
    [[nodiscard]] virtual std::optional<attach::Silence> silence() const = 0;
    /// The same for two lines to one machine, whatever each calls it; empty: not known.
    [[nodiscard]] virtual std::string identity() const = 0;
    [[nodiscard]] virtual vmm::GuestAccess& access() = 0;
    /// Its whole controllers; null: it cannot be asked now.
    [[nodiscard]] virtual vmm::FunctionAccess* functions() = 0;
    /// `done` may be empty. Called back unless this is destroyed before.
    virtual void look_again(std::function<void(Result<void>)> done) = 0;
};

} // namespace usbroute::daemon
