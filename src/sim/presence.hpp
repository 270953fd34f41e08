// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "sim/device.hpp"
#include "sim/node.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include <sys/types.h>

namespace usbroute::sim {

/// A node of usbfs that a program has open. What it has claimed ends when it is closed.
struct Opener {
    std::uint64_t id = 0; ///< never used twice; 0: nobody
    pid_t process = 0;    ///< that opened it
    bool operator==(const Opener&) const = default;
};

/// An interface of a device, with a driver or without.
struct PresentInterface {
    Node node; ///< without its driver
    std::uint8_t number = 0;
    std::string native;           ///< the host's driver for it; empty: there is none
    std::vector<Node> made;       ///< what that driver makes of it
    std::vector<Attribute> ports; ///< and what a recorded hub's driver makes
    std::string driver;           ///< that has it now; empty: none
    Opener user;                  ///< where that is usbfs
    std::vector<Node> shown;      ///< what the driver has made, in the order in which it came
};

/// A device as the kernel knows it while it is plugged in.
struct PresentDevice {
    std::uint64_t serial = 0; ///< never used twice, other than its number
    std::uint8_t number = 0;  ///< devnum
    const DeviceModel* model = nullptr;
    Node node; ///< as it is once it has a configuration
    std::vector<PresentInterface> interfaces;
    std::uint8_t configuration = 1; ///< bConfigurationValue of the only one it has
    bool is_configured = true;
    std::map<std::uint8_t, Opener> claims; ///< of a hub, by port

    [[nodiscard]] PresentInterface* interface_numbered(unsigned wanted);
    /// A hub whose driver runs, so that something can appear behind it.
    [[nodiscard]] bool carries() const;
    /// Its configuration says that it can wake the machine (USB 2.0, 9.6.3), so that its power files come and go with it.
    [[nodiscard]] bool can_wake() const;
    /// An interface that a program has; null: none has one.
    [[nodiscard]] const PresentInterface* taken() const;
};

/// Sorts the objects of a device by interface; `nodes` are those of usb_nodes(), with the host's drivers.
[[nodiscard]] PresentDevice present_device(const DeviceModel& model, std::vector<Node> nodes);

/// Attributes of a device without a configuration that differ from those that it has with one (drivers/usb/core/sysfs.c).
[[nodiscard]] std::vector<Attribute> unconfigured_attributes(const Node& device);

} // namespace usbroute::sim
