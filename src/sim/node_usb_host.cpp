// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "sim/node_usb_host.hpp"

#include "base/format.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>

#include <fcntl.h>
#include <linux/usbdevice_fs.h>
#include <sys/ioctl.h>
#include <unistd.h>

namespace usbroute::sim {

namespace {

constexpr const char* usb_devices = "sys/bus/usb/devices";
constexpr std::size_t longest_usb_attribute = 256;

std::string usb_attribute(const linux_::LiveTree& tree, const std::string& place, std::string_view name)
{
    const auto text = tree.read(format("{}/{}/{}", usb_devices, place, name), longest_usb_attribute);
    return text ? std::string(trim(*text)) : std::string();
}

/// USBDEVFS_CONNECT or USBDEVFS_DISCONNECT of one interface.
int tell_interface(int fd, unsigned number, unsigned long what)
{
    usbdevfs_ioctl command{
        .ifno = static_cast<int>(number), .ioctl_code = static_cast<int>(what), .data = nullptr};
    return ::ioctl(fd, USBDEVFS_IOCTL, &command);
}

} // namespace

std::vector<HostUsbDevice> NodeUsbHost::list()
{
    std::vector<HostUsbDevice> devices;
    for (const auto& place : tree_.list(usb_devices).value_or(std::vector<std::string>{})) {
        if (place.find(':') != std::string::npos) continue;
        const auto bus = parse_decimal(usb_attribute(tree_, place, "busnum"));
        const auto address = parse_decimal(usb_attribute(tree_, place, "devnum"));
        const auto device_class = parse_hex(usb_attribute(tree_, place, "bDeviceClass"));
        if (!bus || !address || *bus > 65535 || *address > 127) continue;
        const auto dash = place.find('-');
        devices.push_back({.bus = static_cast<std::uint16_t>(*bus),
                           .address = static_cast<std::uint8_t>(*address),
                           .port = dash == std::string::npos ? std::string() : place.substr(dash + 1),
                           .device_class = static_cast<std::uint8_t>(device_class.value_or(0)),
                           .vendor = static_cast<std::uint16_t>(
                               parse_hex(usb_attribute(tree_, place, "idVendor")).value_or(0)),
                           .product = static_cast<std::uint16_t>(
                               parse_hex(usb_attribute(tree_, place, "idProduct")).value_or(0))});
    }
    std::ranges::sort(devices, {}, [](const auto& each) { return std::pair(each.bus, each.address); });
    return devices;
}

std::expected<int, int> NodeUsbHost::open(const std::string& node)
{
    Taken taken;
    for (const auto& place : tree_.list(usb_devices).value_or(std::vector<std::string>{})) {
        if (place.find(':') != std::string::npos) continue;
        const auto bus = parse_decimal(usb_attribute(tree_, place, "busnum"));
        const auto address = parse_decimal(usb_attribute(tree_, place, "devnum"));
        if (bus && address && node == format("/dev/bus/usb/{:03}/{:03}", *bus, *address)) taken.place = place;
    }
    if (taken.place.empty()) return std::unexpected(ENOENT);
    taken.fd = linux_::UniqueFd(::open(node.c_str(), O_RDWR | O_CLOEXEC));
    if (!taken.fd.is_open()) return std::unexpected(errno);
    const int handle = next_handle_++;
    taken_.emplace(handle, std::move(taken));
    return handle;
}

std::string NodeUsbHost::node_of(int descriptor)
{
    const char* board = std::getenv("UMOCKDEV_DIR");
    std::array<char, 512> target{};
    const auto length =
        ::readlink(format("/proc/self/fd/{}", descriptor).c_str(), target.data(), target.size());
    if (board == nullptr || length <= 0) return {};
    const std::string path(target.data(), static_cast<std::size_t>(length));
    const std::string nodes = "/dev/bus/usb/";
    // The file of a device that is gone has another name: it was moved away before it was deleted.
    if (!path.starts_with(board + nodes)) return {};
    return path.substr(std::string_view(board).size());
}

void NodeUsbHost::take(int handle)
{
    auto& taken = taken_.at(handle);
    const auto prefix = (taken.place.starts_with("usb") ? taken.place.substr(3) + "-0" : taken.place) + ":";
    for (const auto& name : tree_.list(usb_devices).value_or(std::vector<std::string>{})) {
        if (!name.starts_with(prefix)) continue;
        const auto number = parse_hex(usb_attribute(tree_, name, "bInterfaceNumber"));
        if (!number) continue;
        const bool was_driven = tell_interface(taken.fd.get(), *number, USBDEVFS_DISCONNECT) == 0;
        unsigned claimed = *number;
        (void)::ioctl(taken.fd.get(), USBDEVFS_CLAIMINTERFACE, &claimed);
        taken.interfaces.push_back({.number = *number, .was_driven = was_driven});
    }
}

bool NodeUsbHost::is_there(int handle)
{
    usbdevfs_connectinfo connection{};
    return ::ioctl(taken_.at(handle).fd.get(), USBDEVFS_CONNECTINFO, &connection) == 0;
}

void NodeUsbHost::give_back(int handle)
{
    const auto found = taken_.find(handle);
    if (found == taken_.end()) return;
    for (const auto& interface : found->second.interfaces) {
        unsigned number = interface.number;
        (void)::ioctl(found->second.fd.get(), USBDEVFS_RELEASEINTERFACE, &number);
    }
    for (const auto& interface : found->second.interfaces)
        if (interface.was_driven)
            (void)tell_interface(found->second.fd.get(), interface.number, USBDEVFS_CONNECT);
    taken_.erase(found);
}

} // namespace usbroute::sim
