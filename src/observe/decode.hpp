// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "topology/snapshot.hpp"

#include <string>
#include <string_view>

namespace usbroute::observe {

/// Bytes of configuration space that hold every routing register.
inline constexpr std::size_t config_bytes_needed = 0xec;

/// Reads 0xd0 to 0xeb out of an xHCI's configuration space, little endian. Only 64 bytes are what the kernel
/// shows to an opener without CAP_SYS_ADMIN (drivers/pci/pci-sysfs.c, pci_read_config).
[[nodiscard]] topology::RegisterLook decode_config(std::string_view bytes);

/// From a PCI class attribute, "0x0c0330": the programming interface tells the kind (PCI code and ID
/// assignment, class 0c subclass 03). Other classes give nothing.
[[nodiscard]] std::optional<topology::ControllerKind> kind_from_class(std::string_view attribute);

/// Whether the list of capabilities in these bytes of a configuration space has PCI Express's. False also where the
/// bytes end before the list does.
[[nodiscard]] bool has_pci_express_capability(std::string_view bytes);

/// The value of `key` in the text of a uevent file; empty where it is not there.
[[nodiscard]] std::string_view uevent_value(std::string_view uevent, std::string_view key);

/// The last part of a path, as for "../../bus/pci/drivers/vfio-pci".
[[nodiscard]] std::string_view last_part(std::string_view path);

/// Whether a name that was read somewhere can be a part of a path: a recording may say "../..".
[[nodiscard]] bool is_entry_name(std::string_view name);

/// A link's target made a path of the tree: relative ones from the link's own directory, absolute ones from
/// the tree's root, so that a recorded tree never leads out of itself. "." and ".." are resolved as text.
[[nodiscard]] std::string resolve_link(std::string_view link_path, std::string_view target);

/// The USB device that a sysfs path belongs to: "3-1.4" in ".../usb3/3-1/3-1.4/3-1.4:1.0/host6/...".
[[nodiscard]] std::optional<topology::PortPath> usb_device_in(std::string_view syspath);

} // namespace usbroute::observe
