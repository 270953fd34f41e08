// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "base/ids.hpp"
#include "base/result.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

namespace usbroute::sim {

/// What a person may do to the board; one line of a script each.
namespace command {

struct PlugIn {
    std::string socket;
    std::string kind;
    std::string name; ///< empty: the board chooses
};
struct Unplug {
    std::string what; ///< socket or name
};
struct Resume {};
struct Driver {
    PciAddress function;
    std::string name; ///< empty: none
};
struct Remove {
    PciAddress function;
};
struct Rescan {};
struct WriteRegister {
    std::uint16_t offset = 0;
    std::uint32_t value = 0;
};
struct Mount {
    std::string partition;
    std::string point;
};
struct Unmount {
    std::string point;
};
/// A guest's machine is switched on, off, or gone; its system hangs; it is reset.
enum class GuestAct : std::uint8_t { start, quit, kill, hang, reset };
struct Guest {
    GuestAct act = GuestAct::start;
    std::string name;
};
struct Show {};
struct Help {};
struct Wait {
    std::chrono::milliseconds time{0};
};
/// Until no device is on its way.
struct Settle {};
/// Until none has moved for that long.
struct Quiet {
    std::chrono::milliseconds time{0};
};
/// In a script: the rest of it runs beside the command, which starts now.
struct Start {};
struct Nothing {};

} // namespace command

using Command = std::variant<command::Nothing, command::PlugIn, command::Unplug, command::Resume,
                             command::Driver, command::Remove, command::Rescan, command::WriteRegister,
                             command::Mount, command::Unmount, command::Guest, command::Show, command::Help,
                             command::Wait, command::Settle, command::Quiet, command::Start>;

/// Reads one line; empty lines and those that begin with '#' are Nothing.
[[nodiscard]] Result<Command> parse_command(std::string_view line);

/// The commands with their arguments, one a line.
[[nodiscard]] std::string_view command_summary();

} // namespace usbroute::sim
