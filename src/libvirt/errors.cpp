// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "libvirt/errors.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include <libvirt/virterror.h>

namespace usbroute::libvirt {

namespace {

struct OfNumber {
    int code;
    Code means;
};
constexpr std::array<OfNumber, 12> numbers{{
    {.code = VIR_ERR_NO_DOMAIN, .means = Code::no_domain},
    {.code = VIR_ERR_NO_CONNECT, .means = Code::not_connected},
    {.code = VIR_ERR_INVALID_CONN, .means = Code::not_connected},
    {.code = VIR_ERR_RPC, .means = Code::not_connected},
    {.code = VIR_ERR_AUTH_FAILED, .means = Code::not_allowed},
    {.code = VIR_ERR_AUTH_CANCELLED, .means = Code::not_allowed},
    {.code = VIR_ERR_AUTH_UNAVAILABLE, .means = Code::not_allowed},
    {.code = VIR_ERR_ACCESS_DENIED, .means = Code::not_allowed},
    {.code = VIR_ERR_OPERATION_DENIED, .means = Code::not_allowed},
    {.code = VIR_ERR_OPERATION_TIMEOUT, .means = Code::timed_out},
    {.code = VIR_ERR_OPERATION_UNSUPPORTED, .means = Code::unsupported},
    {.code = VIR_ERR_NO_SUPPORT, .means = Code::unsupported},
}};

struct OfWords {
    std::string_view words;
    Code means;
};
// libvirt's, in virhostdev.c, domain_conf.c, domain_addr.c, virusb.c, virpci.c, and QEMU's that it passes on.
constexpr std::array<OfWords, 17> phrases{{
    {.words = "client socket is closed", .means = Code::not_connected},
    {.words = "is in use by driver", .means = Code::in_use},
    {.words = "already in the process of unplug", .means = Code::still_there},
    {.words = "is already in use", .means = Code::in_use},
    {.words = "already in list of active devices", .means = Code::in_use},
    {.words = "non unique alias", .means = Code::alias_in_use},
    {.words = "Duplicate ID", .means = Code::alias_in_use},
    {.words = "Duplicate USB address", .means = Code::port_in_use},
    {.words = "Missing USB bus", .means = Code::port_in_use},
    {.words = "Missing USB port", .means = Code::port_in_use},
    {.words = "free USB port", .means = Code::port_in_use},
    {.words = "not found (in use?)", .means = Code::port_in_use},
    {.words = "Did not find USB device", .means = Code::no_device},
    {.words = "host usb device", .means = Code::no_device},
    {.words = "No more available PCI slots", .means = Code::no_room},
    {.words = "Permission denied", .means = Code::not_allowed},
    {.words = "Operation not permitted", .means = Code::not_allowed},
}};

} // namespace

Refused refused_from(const Said& said)
{
    // The library's own, of the way to the daemon.
    if (said.domain == VIR_FROM_RPC) return {.code = Code::not_connected, .message = said.message};
    const auto number = std::ranges::find(numbers, said.code, &OfNumber::code);
    if (number != numbers.end()) return {.code = number->means, .message = said.message};
    const auto phrase = std::ranges::find_if(
        phrases, [&](const OfWords& one) { return said.message.find(one.words) != std::string::npos; });
    return {.code = phrase == phrases.end() ? Code::failed : phrase->means, .message = said.message};
}

} // namespace usbroute::libvirt
