// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "import/limits.hpp"
#include "import/shell_words.hpp"

#include <span>
#include <string>
#include <string_view>

/// One reader for each kind of file, in a source of its own. What it does not take over is in the remarks.
namespace usbroute::import_ {

[[nodiscard]] Result<Found> read_hotplugger(const Source& source);
[[nodiscard]] Result<Found> read_vhotplug(const Source& source);
[[nodiscard]] Result<Found> read_whawty(const Source& source);
[[nodiscard]] Result<Found> read_libvirt(const Source& source);
[[nodiscard]] Result<Found> read_udev(const Source& source);
[[nodiscard]] Result<Found> read_tables(const Source& source);
[[nodiscard]] Result<Found> read_proxmox(const Source& source);
[[nodiscard]] Result<Found> read_proxmox_mapping(const Source& source);
[[nodiscard]] Result<Found> read_qemu(const Source& source);
[[nodiscard]] Result<Found> read_unraid(const Source& source);
[[nodiscard]] Result<Found> read_unraid_kept(const Source& source);
[[nodiscard]] Result<Found> read_usbguard(const Source& source);
[[nodiscard]] Result<Found> read_quickemu(const Source& source);
[[nodiscard]] Result<Found> read_microvm(const Source& source);
[[nodiscard]] Result<Found> read_setpci(const Source& source);
[[nodiscard]] Result<Found> read_script(const Source& source);

/// By what is in it, and by its name where that is all there is.
[[nodiscard]] Result<Kind> kind_of(const Source& source);
/// Reads a file of that kind, or of the kind that it is by its content.
[[nodiscard]] Result<Found> read_file_of(const Source& source, std::optional<Kind> kind);

// For readers of files with parts of other kinds:

/// QEMU's command line. `guest` is changed to the name that is in it, where there is one.
void read_qemu_words(std::span<const ShellWord> words, std::string& guest, Found& found);
/// The properties of a usb-host device, "hostbus=2,hostport=3", as an entry.
void read_usb_host(std::string_view properties, std::uint32_t line, const std::string& guest, Found& found);
/// The commands of a script that write the routing registers.
void read_setpci_commands(const std::vector<ShellCommand>& commands, Found& found);
/// Those that give devices to domains by `virsh`. Whether there was one.
bool read_virsh_words(std::span<const ShellWord> words, Found& found, Entry entry);

// For what several kinds write the same way:

/// "046d:c31c", with or without 0x; nothing for the rest.
[[nodiscard]] std::optional<UsbIds> ids_from(std::string_view text);
/// As C reads it: 0x hexadecimal, a leading 0 octal.
[[nodiscard]] std::optional<std::uint32_t> c_number(std::string_view text);
/// Whether it is one with a leading 0 that changes what it means.
[[nodiscard]] bool is_octal(std::string_view text);
/// The device of ids that stand in a file as a pair.
[[nodiscard]] ToldDevice device_of(const UsbIds& ids);
/// Text of an entry in a remark: safe to print, in quotes.
[[nodiscard]] std::string said(std::string_view text);

} // namespace usbroute::import_
