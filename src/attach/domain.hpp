// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "attach/guest_usb.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

/// libvirt's names for what QEMU has: docs/libvirt-line.md.
namespace usbroute::attach {

/// A domain, as a person names it to virsh.
struct Domain {
    std::string uri;  ///< "qemu:///system"
    std::string name; ///< or its UUID
    /// It is handed open devices, past libvirt, where they can be opened.
    bool by_descriptor = false;
    bool operator==(const Domain&) const = default;
};

/// "ua-usbroute-3-2.1-7": an alias of a user's own has to begin with "ua-". One to one, so that nothing has to be remembered.
[[nodiscard]] std::string alias_of(const ObjectId& object);
/// As virsh shows it and takes it, "ua-usbroute-3-2_1-7": libvirt drops an alias with a '.' without a word (docs/libvirt-line.md).
[[nodiscard]] std::string alias_in_virsh(const ObjectId& object);

/// What an object or a controller with this alias is called here: "usbroute-3-2.1-7" if it is ours. Any other alias stays as it
/// is, but never reads as one of ours.
[[nodiscard]] std::string id_of_alias(std::string_view alias);

/// The bus of a controller with this index that is not ours: "usb0". One of ours goes by its own name, which is known before
/// libvirt has chosen an index.
[[nodiscard]] std::string bus_of_index(std::uint32_t index);
/// Nothing: it is one of ours, or no controller of libvirt's.
[[nodiscard]] std::optional<std::uint32_t> index_of_bus(std::string_view bus);

} // namespace usbroute::attach
