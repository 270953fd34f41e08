// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "assign/in_guest.hpp"
#include "attach/guest_usb.hpp"
#include "wire/qmp.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

/// What usbroute-libvirt says, one line at a time: docs/libvirt-line.md. Answers, errors and events have the form of QEMU's, whose
/// types they share; no text is trusted, for most of it is a guest's or its owner's.
namespace usbroute::wire {

/// Bytes of one line, with its end; and of a text in it.
inline constexpr std::size_t longest_libvirt_line = std::size_t{64} * 1024;
inline constexpr std::size_t longest_libvirt_text = 1024;
inline constexpr std::uint64_t libvirt_protocol = 1;

/// What it says first.
struct LibvirtGreeting {
    std::uint64_t protocol = 0;
    bool is_connected = false; ///< to libvirt
    std::string why;           ///< not, in libvirt's words
};
/// An error's class is its code. The payload of an event is the whole line.
using LibvirtMessage = std::variant<NoQmp, LibvirtGreeting, QmpReturn, QmpError, QmpEvent>;

[[nodiscard]] LibvirtMessage read_libvirt_line(std::string_view line);

/// With its end. The name of the command is what is to be done.
[[nodiscard]] std::string to_libvirt_line(const QmpCommand& command, std::uint64_t id);

enum class DomainState : std::uint8_t { running, paused, suspended, shut_off, undefined };
/// Whether it can have devices.
[[nodiscard]] bool is_there(DomainState state);
/// Nothing: it is none of these words.
[[nodiscard]] std::optional<DomainState> domain_state_from(std::string_view word);

/// A domain as of one look.
struct LibvirtLook {
    DomainState state = DomainState::undefined;
    std::string uuid = {}; ///< empty: there is no such domain
    /// As usbroute names things (attach/domain.hpp); empty where the domain is not there.
    attach::GuestUsb usb;
    std::map<std::string, std::uint32_t> indexes; ///< libvirt's, of the controllers, by their buses
    bool operator==(const LibvirtLook&) const = default;
};
/// Nothing: it has not the form of what a look returns. An entry of a list that has not its form is left out.
[[nodiscard]] std::optional<LibvirtLook> libvirt_look(std::string_view payload);

/// The same look, as far as it tells of whole controllers.
[[nodiscard]] std::optional<assign::InGuest> libvirt_functions(std::string_view payload);

} // namespace usbroute::wire
