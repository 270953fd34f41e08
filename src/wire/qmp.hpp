// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "attach/guest_usb.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

/// QEMU's machine protocol, one line at a time (QEMU, docs/interop/qmp-spec). No text of it is trusted: a guest may have
/// taken its QEMU over.
namespace usbroute::wire {

/// Bytes of one line of QEMU, without its end. The longest honest one that we ask for is the list of all that a machine has
/// without being asked for, 50 bytes for each of some hundred.
inline constexpr std::size_t longest_qmp_line = std::size_t{512} * 1024;
/// Bytes of a text in it, and entries of a list, beyond which nothing is taken from it.
inline constexpr std::size_t longest_qmp_text = 4096;
inline constexpr std::size_t most_qmp_properties = 8192;

/// What QEMU says first.
struct QmpGreeting {
    attach::QemuVersion version; ///< all zero: it did not say
};
/// The answer to a command that was carried out.
struct QmpReturn {
    std::optional<std::uint64_t> id; ///< nothing: none of ours
    std::string payload;             ///< JSON, for the readers below
};
/// The answer to a command that was refused.
struct QmpError {
    std::optional<std::uint64_t> id;
    std::string error_class; ///< "GenericError", "DeviceNotFound"
    std::string text;        ///< QEMU's words, not made safe to print
};
struct QmpEvent {
    std::string name;    ///< "DEVICE_DELETED"
    std::string payload; ///< JSON, "{}" where it brings nothing
};
/// No line of the protocol: no JSON object, nested deeper than 64, or without what such a line has to have.
struct NoQmp {};

using QmpMessage = std::variant<NoQmp, QmpGreeting, QmpReturn, QmpError, QmpEvent>;

[[nodiscard]] QmpMessage read_qmp_line(std::string_view line);

// What a payload is, or has under a key at its top. Nothing: it is something else, or longer than the bounds above.
[[nodiscard]] std::optional<std::string> qmp_text(std::string_view payload);
[[nodiscard]] std::optional<bool> qmp_truth(std::string_view payload);
[[nodiscard]] std::optional<std::uint64_t> qmp_number(std::string_view payload);
[[nodiscard]] std::optional<std::string> qmp_text_at(std::string_view payload, std::string_view key);
[[nodiscard]] std::optional<bool> qmp_truth_at(std::string_view payload, std::string_view key);
[[nodiscard]] std::optional<std::uint64_t> qmp_number_at(std::string_view payload, std::string_view key);

/// A row of what qom-list answers.
struct QmpProperty {
    std::string name;
    std::string type; ///< "child<usb-host>", "uint32"
    bool operator==(const QmpProperty&) const = default;
};
/// Nothing also where one row is none.
[[nodiscard]] std::optional<std::vector<QmpProperty>> qmp_properties(std::string_view payload);

/// A number goes as a JSON number: QEMU 10.0 refuses a text in its place.
using QmpValue = std::variant<bool, std::uint64_t, std::string>;
struct QmpArgument {
    std::string name;
    QmpValue value;
    bool operator==(const QmpArgument&) const = default;
};
struct QmpCommand {
    std::string name; ///< "device_add"
    std::vector<QmpArgument> arguments;
    bool operator==(const QmpCommand&) const = default;
};

/// With its end. All that is not ASCII is escaped, and bytes that are no UTF-8 are replaced.
[[nodiscard]] std::string to_qmp_line(const QmpCommand& command, std::uint64_t id);

} // namespace usbroute::wire
