// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "sim/usbfs.hpp"

#include "base/format.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <linux/usbdevice_fs.h>
#include <sys/ioctl.h>

namespace usbroute::sim {

namespace {

template <class Value> Value value_in(std::string_view memory)
{
    Value value{};
    if (memory.size() >= sizeof value) std::memcpy(&value, memory.data(), sizeof value);
    return value;
}

template <class Value> std::string bytes_of(const Value& value)
{
    std::string bytes(sizeof value, '\0');
    std::memcpy(bytes.data(), &value, sizeof value);
    return bytes;
}

NodeReply reply_from(const CallResult& result)
{
    return {.value = result.error == 0 ? result.value : -1, .error = result.error};
}

NodeReply node_error(int error) { return {.value = -1, .error = error}; }

NodeReply connection_of(const Kernel& kernel, const NodeCall& call)
{
    usbdevfs_connectinfo connection{};
    connection.devnum = kernel.number_of(call.device).value_or(0);
    return {.memory = bytes_of(connection)};
}

NodeReply driver_reply(Kernel& kernel, const NodeCall& call)
{
    auto asked = value_in<usbdevfs_getdriver>(call.memory);
    const auto name = kernel.driver_of(call.device, asked.interface);
    if (!name) return node_error(name.error());
    const auto size = std::min(name->size(), sizeof asked.driver - 1);
    std::memcpy(asked.driver, name->data(), size);
    asked.driver[size] = '\0';
    return {.memory = bytes_of(asked)};
}

NodeReply interface_call(Kernel& kernel, const NodeCall& call)
{
    const auto command = value_in<usbdevfs_ioctl>(call.memory);
    const auto number = static_cast<unsigned>(command.ifno);
    switch (static_cast<unsigned>(command.ioctl_code)) {
    case USBDEVFS_CONNECT: return reply_from(kernel.attach_driver(call.device, number));
    case USBDEVFS_DISCONNECT: return reply_from(kernel.detach_driver(call.device, number));
    default: return node_error(ENOTTY);
    }
}

} // namespace

std::size_t argument_bytes(unsigned long request)
{
    switch (request) {
    case USBDEVFS_CLAIM_PORT:
    case USBDEVFS_RELEASE_PORT:
    case USBDEVFS_SETCONFIGURATION:
    case USBDEVFS_CLAIMINTERFACE:
    case USBDEVFS_RELEASEINTERFACE: return sizeof(unsigned);
    case USBDEVFS_CONNECTINFO: return sizeof(usbdevfs_connectinfo);
    case USBDEVFS_GETDRIVER: return sizeof(usbdevfs_getdriver);
    case USBDEVFS_IOCTL: return sizeof(usbdevfs_ioctl);
    default: return 0;
    }
}

NodeReply answer(Kernel& kernel, const NodeCall& call)
{
    if (!kernel.number_of(call.device)) return node_error(ENODEV);
    const auto number = value_in<unsigned>(call.memory);
    switch (call.request) {
    case USBDEVFS_CLAIM_PORT: return reply_from(kernel.claim_port(call.device, number, call.opener));
    case USBDEVFS_RELEASE_PORT: return reply_from(kernel.release_port(call.device, number, call.opener));
    case USBDEVFS_SETCONFIGURATION:
        return reply_from(kernel.set_configuration(call.device, static_cast<int>(number)));
    case USBDEVFS_CLAIMINTERFACE: return reply_from(kernel.claim_interface(call.device, number, call.opener));
    case USBDEVFS_RELEASEINTERFACE:
        return reply_from(kernel.release_interface(call.device, number, call.opener));
    case USBDEVFS_CONNECTINFO: return connection_of(kernel, call);
    case USBDEVFS_GETDRIVER: return driver_reply(kernel, call);
    case USBDEVFS_IOCTL: return interface_call(kernel, call);
    case USBDEVFS_RESET: return {}; // it comes back as it was
    default: return node_error(ENOTTY);
    }
}

std::string told(const Kernel& kernel, const NodeCall& call, const NodeReply& reply)
{
    if (reply.error != 0) return {};
    const auto place = kernel.place_of(call.device);
    const auto number = value_in<unsigned>(call.memory);
    switch (call.request) {
    case USBDEVFS_CLAIM_PORT: return format("claims port {} of {}", number, place);
    case USBDEVFS_RELEASE_PORT: return format("releases port {} of {}", number, place);
    case USBDEVFS_SETCONFIGURATION:
        return format("sets configuration {} of {}", static_cast<int>(number), place);
    case USBDEVFS_CLAIMINTERFACE: return format("takes interface {} of {}", number, place);
    case USBDEVFS_RELEASEINTERFACE: return format("lets go of interface {} of {}", number, place);
    case USBDEVFS_IOCTL: {
        const auto command = value_in<usbdevfs_ioctl>(call.memory);
        const bool is_back = static_cast<unsigned>(command.ioctl_code) == USBDEVFS_CONNECT;
        if (is_back && reply.value == 0) return {};
        return format("{} interface {} of {}", is_back ? "gives the host's driver" : "takes from its driver",
                      command.ifno, place);
    }
    default: return {};
    }
}

} // namespace usbroute::sim
