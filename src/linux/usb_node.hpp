// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "base/result.hpp"
#include "linux/files.hpp"
#include "linux/unique_fd.hpp"
#include "topology/snapshot.hpp"

#include <cstdint>
#include <memory>
#include <string>

namespace usbroute::linux_ {

/// The device that somebody means to open: where it is, and the numbers that it has there now. After an unplug another
/// device can be in the same place, and after 127 more another can have the same numbers.
struct MeantDevice {
    topology::PortPath place;
    std::uint8_t number = 0; ///< `devnum`, 1 to 127
};

/// What became of an interface that was given back.
enum class GivenBack : std::uint8_t {
    bound,           ///< a driver of the host has it now
    without_driver,  ///< no driver took it: there is none for it, or its port is claimed
    had_one_already, ///< a driver had it, the host's or usbfs for another program; nothing was changed
};

/// An open node of usbfs (Linux, drivers/usb/core/devio.c). What it has claimed ends with it, and with this process.
///
/// Each call but `descriptor` takes the device's lock in the kernel, which waits until its drivers have probed: seconds for
/// a disk that does not answer. A failure changes nothing. Its code says what kind it is: `device-gone` for a device that
/// was unplugged, `port-claimed`, `no-such-port`, `port-not-claimed`, `configuration-refused`, `interface-in-use`,
/// `no-such-interface`, `not-configured`, `not-a-device`.
class UsbNode {
public:
    virtual ~UsbNode() = default;

    /// Keeps the host's drivers off whatever is plugged into a port of this hub from now on, 1 to its number of ports. What
    /// comes there appears without configuration and drivers; what is there already keeps its drivers.
    [[nodiscard]] virtual Result<void> claim_port(std::uint8_t port) = 0;
    /// Only a claim of this very node. What came meanwhile stays as it is.
    [[nodiscard]] virtual Result<void> release_port(std::uint8_t port) = 0;
    /// `value` is a bConfigurationValue of the device's descriptors. Its interfaces appear; the host's drivers take them
    /// unless the port is claimed.
    [[nodiscard]] virtual Result<void> set_configuration(std::uint8_t value) = 0;
    /// Offers an interface, by its bInterfaceNumber, to the host's drivers.
    [[nodiscard]] virtual Result<GivenBack> give_back(std::uint8_t interface_number) = 0;

    /// Takes an interface from the driver that has it, whoever runs it. Without one nothing happens.
    [[nodiscard]] virtual Result<void> take_away(std::uint8_t interface_number) = 0;

    /// The open node itself, for a program that shall use the device. This object has nothing any more.
    [[nodiscard]] virtual UniqueFd give_away() = 0;
};

/// Where nodes are opened.
class UsbNodes {
public:
    virtual ~UsbNodes() = default;

    /// Opens the node of a device, a hub or a root hub for reading and writing, and makes sure that it is still the one that
    /// was meant. Codes: `device-gone`, `device-changed` (another one is in that place now), `node-not-permitted`,
    /// `not-a-device`.
    [[nodiscard]] virtual Result<std::unique_ptr<UsbNode>> open(const MeantDevice& meant) = 0;
};

/// The kernel's usbfs, at dev/bus/usb below a root.
class UsbFileSystem final : public UsbNodes {
public:
    /// `root` ends with a slash: "/".
    explicit UsbFileSystem(std::string root) : root_(std::move(root)), tree_(root_) {}

    [[nodiscard]] Result<std::unique_ptr<UsbNode>> open(const MeantDevice& meant) override;
    /// The same, as a plain descriptor, for `wrap`.
    [[nodiscard]] Result<UniqueFd> open_plain(const MeantDevice& meant) const;
    [[nodiscard]] std::unique_ptr<UsbNode> wrap(UniqueFd fd, const MeantDevice& meant) const;
    /// Whether a node that was opened before is this one's, and its device is there. A character device of the kernel's alone:
    /// its number tells the bus.
    [[nodiscard]] bool is_node_of(const UniqueFd& fd, const MeantDevice& meant) const;

private:
    [[nodiscard]] Result<void> check_it_is(int fd, const MeantDevice& meant, const std::string& subject,
                                           const std::string& path) const;

    std::string root_;
    LiveTree tree_;
};

} // namespace usbroute::linux_
