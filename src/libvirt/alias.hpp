// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include <compare>
#include <optional>
#include <string>
#include <string_view>

namespace usbroute::libvirt {

/// The name of a device of ours in a domain: "ua-usbroute-" and 1 to 52 letters, digits, '-' or '_'.
///
/// What else libvirt would have to take is dropped by it without a word, and another name given: libvirt 9.0 names a device
/// that was to be ua-a.b "hostdev0". It is QEMU's id as well, of which monitors show 64 bytes.
class Alias {
public:
    [[nodiscard]] static std::optional<Alias> from(std::string_view text);
    [[nodiscard]] const std::string& text() const { return text_; }
    auto operator<=>(const Alias&) const = default;

private:
    explicit Alias(std::string text) : text_(std::move(text)) {}
    std::string text_;
};

} // namespace usbroute::libvirt
