// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include <string_view>

/// The texts of `usbroute guest setup`, to be filled in by guest_setup.cpp. @WORD@ stands for what differs: GUEST, PORT,
/// PROFILES (those that `toggle` goes round), ALLOWED (the verbs of the guest's line), UNIT (a port as a name in a
/// systemd unit: ttyS0).
namespace usbroute::report::scripts {

extern const std::string_view powershell;
extern const std::string_view autohotkey;
extern const std::string_view systemd;
extern const std::string_view i3;
extern const std::string_view shell;

} // namespace usbroute::report::scripts
