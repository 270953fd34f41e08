// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace usbroute::cli {

enum class Colour : std::uint8_t { when_a_terminal, always, never };

/// What was typed besides the command's own words.
struct Options {
    bool json = false;
    bool quiet = false;
    bool verbose = false;
    bool direct = false;
    bool dry_run = false;
    bool yes = false;
    bool try_write = false;
    bool move_first = false;
    bool boot = false;
    bool always = false; ///< an answer
    std::string root;
    std::string socket;
    std::string config;
    std::string to;
    std::string exec;
    std::string format; ///< for a status bar: "waybar", or a template
    bool format_said = false;
    std::string svg; ///< empty: not asked for; "-" is stdout
    /// What `guest lines` or `guest setup` shall print, as typed: "--qemu".
    std::vector<std::string> kinds;
    bool virtio = false;
    bool reconnect_ms = false;
    std::string port; ///< inside the guest; empty: the usual one
    std::string kind; ///< of the files that are imported; empty: by their content
    bool write = false;
    std::vector<std::string> force_disks;
    std::string since;                 ///< as typed; empty: from the beginning
    std::optional<std::size_t> newest; ///< how many entries of a log at most
    std::string start_of;              ///< the guest before whose start `wait` waits; empty: none
    std::chrono::milliseconds wait_for{30'000};
    std::optional<std::chrono::seconds> revert_after; ///< 0: no trial, also not the first
    std::chrono::milliseconds timeout{5000};
    bool timeout_said = false; ///< false: `timeout` is the daemon's default
    Colour colour = Colour::when_a_terminal;
};

struct CommandRow;

/// A command line, understood.
struct Invocation {
    const CommandRow* command = nullptr;
    Options options;
    std::vector<std::string> words; ///< after the command, without options
    std::vector<std::string> typed; ///< the whole command line, to be handed on
};

} // namespace usbroute::cli
