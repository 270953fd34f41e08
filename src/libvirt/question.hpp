// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "base/ids.hpp"
#include "libvirt/alias.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace usbroute::libvirt {

/// Bytes of a line, with its end, whoever sends it.
inline constexpr std::size_t longest_libvirt_line = std::size_t{64} * 1024;
/// Ids beyond are no longer exact in every JSON reader.
inline constexpr std::uint64_t greatest_id = (std::uint64_t{1} << 53) - 1;

enum class Verb : std::uint8_t {
    watch,
    look,
    attach,
    attach_descriptor,
    detach,
    add_usb_controller,
    attach_controller,
    detach_controller,
    start,
    resume,
};

/// What is asked of libvirt. What its verb has no use for has its default.
struct Question {
    std::uint64_t id = 0; ///< from 1
    Verb verb = Verb::look;
    std::string domain; ///< a name or a UUID; 1 to 255 bytes without control characters
    std::optional<Alias> alias;
    std::uint32_t bus = 0;        ///< of the host, from 1 to 255; 0 with attach-descriptor: not said
    std::uint32_t device = 0;     ///< the host's number of it, from 1 to 127; 0 likewise
    std::uint32_t guest_bus = 0;  ///< index of a USB controller, to 255
    std::uint32_t guest_port = 0; ///< of that controller itself, from 1 to 255
    std::optional<PciAddress> pci;
    bool operator==(const Question&) const = default;
};

/// An object that asks for nothing we know, or asks in a wrong way.
struct BadQuestion {
    std::optional<std::uint64_t> id; ///< nothing: it has none that can be answered
    std::string message;
    bool has_file = false; ///< a descriptor has come with it, as its verb wants one
    bool operator==(const BadQuestion&) const = default;
};
/// No object of JSON at all: whoever sends this speaks something else.
struct NoQuestion {
    bool operator==(const NoQuestion&) const = default;
};

using Heard = std::variant<NoQuestion, BadQuestion, Question>;

/// A line of the daemon's, without its end. Every key has to be known, to be there once, and to be of its type and range.
[[nodiscard]] Heard read_question(std::string_view line);

} // namespace usbroute::libvirt
