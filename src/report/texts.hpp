// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include <string_view>

/// The files of data/guest/ and data/picture/, as the build has put them into the program (src/texts.cpp.in). `filled` puts in what stands
/// there as @WORD@: GUEST, PORT, PROFILES (those that `toggle` goes round), ALLOWED (the verbs of the guest's line), UNIT
/// (a port as a name in a systemd unit: ttyS0), and the parts of a PCI address.
namespace usbroute::report::texts {

extern const std::string_view powershell;
extern const std::string_view autohotkey;
extern const std::string_view systemd;
extern const std::string_view i3;
extern const std::string_view shell;
extern const std::string_view libvirt_hostdev;
extern const std::string_view libvirt_serial;
/// The same where libvirt's QEMU makes the socket.
extern const std::string_view libvirt_serial_listening;
extern const std::string_view libvirt_channel;
/// QEMU's own words, outside of libvirt's model: MONITOR and CONTROLLER are the values of -qmp and -device.
extern const std::string_view libvirt_monitor;

/// Of the picture as SVG.
extern const std::string_view style_sheet;

} // namespace usbroute::report::texts
