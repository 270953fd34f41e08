// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "cli/options.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

/// The one place that says which commands there are. The reader of arguments and --help are fed from it.
namespace usbroute::cli {

enum class OptionId : std::uint8_t {
    help,
    json,
    verbose,
    quiet,
    root,
    socket,
    config,
    direct,
    timeout,
    color,
    to,
    dry_run,
    yes,
    force_disk,
    revert_after,
    exec,
    format,
    try_write,
    svg,
    move_first,
    boot,
    qemu,
    libvirt,
    proxmox,
    virtio,
    reconnect_ms,
    powershell,
    autohotkey,
    systemd,
    i3,
    shell,
    port,
    kind,
    write,
    start_of,
    wait_for,
    always,
    since,
    newest,
};

struct OptionRow {
    OptionId id;
    std::string_view long_name;  ///< "--json"
    std::string_view short_name; ///< "-h"; empty: none
    std::string_view value;      ///< "DIR"; empty: a switch
    std::string_view help;
};

struct Example {
    std::string_view line;
    std::string_view what;
};

struct GuestCall;

/// Whether a verb of `guest` wants to know which one.
enum class GuestNeeded : std::uint8_t {
    no,
    unless_only_one, ///< of one guest in the configuration it is clear
    yes,
};

/// One verb of `usbroute guest`.
struct VerbRow {
    std::string_view name;
    std::string_view arguments;        ///< "NAME [--yes]"
    std::string_view help;             ///< one line
    std::span<const OptionId> options; ///< those of the command that this verb takes
    GuestNeeded guest = GuestNeeded::yes;
    int (*run)(const GuestCall&) = nullptr;
};

struct CommandRow {
    std::string_view name;
    std::string_view arguments;        ///< "NAME... --to WHERE"
    std::string_view help;             ///< one line
    std::span<const OptionId> options; ///< beyond those that every command takes
    std::span<const Example> examples;
    std::size_t fewest_words = 0;
    std::size_t most_words = 0;
    int (*run)(const Invocation&) = nullptr;
    std::string_view remark;        ///< what its help says besides; empty: nothing
    std::span<const VerbRow> verbs; ///< what its first word can be; empty: it has no verbs
};

inline constexpr std::size_t any_number = static_cast<std::size_t>(-1);

[[nodiscard]] std::span<const CommandRow> command_table();
[[nodiscard]] std::span<const OptionRow> option_table();
/// The options that every command takes.
[[nodiscard]] std::span<const OptionId> common_options();

[[nodiscard]] const CommandRow* find_command(std::string_view name);
[[nodiscard]] const OptionRow& row_of(OptionId id);
/// By its long or short name; null for what is no option.
[[nodiscard]] const OptionRow* find_option(std::string_view name);
[[nodiscard]] bool takes(const CommandRow& command, OptionId option);

} // namespace usbroute::cli
