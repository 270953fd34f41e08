// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "import/found.hpp"

#include <map>
#include <string>
#include <string_view>

/// Options of QEMU that give devices: -device, -usbdevice.
namespace usbroute::import_ {

using QemuProperties = std::map<std::string, std::string>;

/// "driver,k=v,k=v"; ",," is a comma in a value. The first without "=" is under "".
[[nodiscard]] QemuProperties qemu_properties(std::string_view text);
/// The value of a property; empty: it is not there.
[[nodiscard]] std::string property_of(const QemuProperties& properties, const std::string& name);

/// The value of -device, also as JSON.
void read_device(std::string_view text, std::uint32_t line, const std::string& guest, Found& found);
/// "-usbdevice host:...", which QEMU has no more.
void read_usbdevice(std::string_view text, std::uint32_t line, const std::string& guest, Found& found);

} // namespace usbroute::import_
