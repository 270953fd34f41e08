// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include <compare>
#include <optional>
#include <string>
#include <string_view>

namespace usbroute::libvirt {

/// The name of a device of ours in a domain, as the daemon knows it: "ua-usbroute" and 1 to 64 letters, digits, '-' or '.'.
///
/// libvirt takes no '.': it drops the whole alias without a word, and names a device that was to be ua-a.b "hostdev0" (seen with 9.0). So
/// with libvirt it is a '_', which the daemon's names do not have.
class Alias {
public:
    [[nodiscard]] static std::optional<Alias> from(std::string_view text);
    [[nodiscard]] const std::string& text() const { return text_; }
    /// libvirt's word for it, which is QEMU's id as well.
    [[nodiscard]] std::string in_libvirt() const;
    auto operator<=>(const Alias&) const = default;

private:
    explicit Alias(std::string text) : text_(std::move(text)) {}
    std::string text_;
};

/// The daemon's word for an alias of libvirt's; the same where it is none of ours.
[[nodiscard]] std::string alias_from_libvirt(std::string_view alias);
/// And back.
[[nodiscard]] std::string alias_to_libvirt(std::string_view alias);

} // namespace usbroute::libvirt
