// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include <chrono>
#include <span>
#include <string>
#include <string_view>
#include <variant>

/// The client inside a guest. Everything here but the adapters is built for Linux and for Windows, and keeps away
/// from what would make the Windows program large: {fmt}, streams, exceptions. docs/decisions/0015
namespace usbroute::guest {

/// What a command line asks for.
struct Request {
    std::string port;                     ///< as typed, or the system's usual one
    std::chrono::milliseconds timeout{0}; ///< for everything together; 1 ms to 1 h
    bool wait = false;                    ///< keep asking until the port opens and the daemon answers
    bool quiet = false;                   ///< say nothing when it is done
    bool show_errors = false;             ///< Windows: a failure in a box, for programs without a console
    std::string line;                     ///< of the protocol, without its end
};

/// --help or --version.
struct TextAsked {
    std::string text;
};

/// The command line makes no sense; why, and what to say instead.
struct Unusable {
    std::string message;
};

using Read = std::variant<Request, TextAsked, Unusable>;

/// Where the systems differ in what can be typed.
struct System {
    std::string_view default_port; ///< "/dev/ttyS0", "COM1"
    std::string_view ports_help;   ///< lines that tell which ports there may be
    bool has_boxes = false;        ///< --show-errors exists
};

/// The system that this program was built for.
[[nodiscard]] const System& this_system();

/// Reads the words after the program's name. Options can come before and after the verb; `--` ends them.
[[nodiscard]] Read read_arguments(std::span<const std::string_view> words, const System& system);

/// The line was not answered: what may be wrong with its first word. Empty: nothing.
[[nodiscard]] std::string doubt_about(std::string_view line);

/// Whether events follow the answer to this line.
[[nodiscard]] bool is_subscription(std::string_view line);

} // namespace usbroute::guest
