// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "sim/guests.hpp"

#include "base/format.hpp"
#include "base/text.hpp"
#include "config/parse.hpp"
#include "sim/inside.hpp"
#include "sim/qemu_process.hpp"

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <vector>

namespace usbroute::sim {

namespace {

constexpr const char* board_configuration = "etc/usbroute/usbroute.toml";
constexpr const char* board_connectors = "etc/usbroute/connectors.toml";
constexpr const char* board_rules = "etc/usbroute/rules.toml";

Result<config::Settings> board_settings(const FileTree& tree)
{
    std::vector<config::SourceText> files;
    for (const auto* path : {board_configuration, board_connectors, board_rules})
        if (auto text = tree.read(path)) files.push_back({.name = path, .text = std::move(*text)});
    auto settings = config::parse(files);
    if (!settings) return failure(settings.error().front().text());
    return std::move(*settings);
}

bool is_alive(pid_t process)
{
    const auto all = Children::all();
    return std::ranges::find(all, process) != all.end();
}

} // namespace

Result<std::string> GuestProcesses::monitor_of(const std::string& name) const
{
    const auto settings = board_settings(tree_);
    if (!settings) return std::unexpected(settings.error());
    const auto* guest = settings->guest(GuestName(name));
    if (guest == nullptr) {
        const auto names = texts_of(settings->guests, [](const auto& each) { return each.name.text(); });
        const auto known = names.empty() ? format("{} has none; add a section [guest.{}] with a qmp",
                                                  tree_.full(board_configuration), printable(name))
                                         : "the configuration has: " + join(names, ", ");
        return std::unexpected(
            Error(ErrorKind::not_found, format("there is no guest {}; {}", printable(name), known)));
    }
    if (guest->qmp.empty())
        return failure(format("guest {} has no monitor; put this into its section of {}: qmp = \"{}\"", name,
                              tree_.full(board_configuration), tree_.full(format("run/{}.qmp", name))));
    auto path = std::filesystem::path(guest->qmp).lexically_normal().string();
    if (!path.starts_with(tree_.root() + "/"))
        return failure(format("the monitor of guest {} is outside of the board, at {}; put it below {}", name,
                              printable(path), tree_.root()));
    return path;
}

Result<void> GuestProcesses::start(const std::string& name)
{
    if (const auto found = machines_.find(name); found != machines_.end() && is_alive(found->second.process))
        return failure(format("guest {} runs already, as process {}", name, found->second.process));
    const auto monitor = monitor_of(name);
    if (!monitor) return std::unexpected(monitor.error());
    std::error_code error;
    std::filesystem::create_directories(std::filesystem::path(*monitor).parent_path(), error);
    std::filesystem::remove(*monitor, error); // of one that was killed
    const auto process = children_.start({own_directory() + "/usbroute-sim", guest_argument, name, *monitor},
                                         tree_.full("guests.log"));
    if (!process) return std::unexpected(process.error());
    machines_[name] = {.process = *process, .monitor = *monitor};
    return {};
}

Result<void> GuestProcesses::signal(const std::string& name, int signal)
{
    const auto found = machines_.find(name);
    if (found == machines_.end() || !is_alive(found->second.process))
        return failure(
            format("guest {} does not run; guest start {} starts it", printable(name), printable(name)));
    ::kill(found->second.process, signal);
    return {};
}

Result<void> GuestProcesses::end(const std::string& name, int signal)
{
    auto sent = this->signal(name, signal);
    if (sent) machines_[name].is_ending = true;
    return sent;
}

Result<void> GuestProcesses::hang(const std::string& name, bool reset)
{
    return signal(name, reset ? guest_is_reset : guest_hangs);
}

Result<void> GuestProcesses::quit(const std::string& name) { return end(name, SIGTERM); }
Result<void> GuestProcesses::kill(const std::string& name) { return end(name, SIGKILL); }

std::string GuestProcesses::name_of(pid_t process) const
{
    const auto found = std::ranges::find_if(
        machines_, [process](const auto& each) { return each.second.process == process; });
    return found == machines_.end() ? std::string() : found->first;
}

bool GuestProcesses::is_settled() const
{
    return std::ranges::none_of(machines_, [](const auto& entry) {
        const auto& machine = entry.second;
        std::error_code error;
        const bool is_there = std::filesystem::is_socket(machine.monitor, error);
        return (machine.is_ending || !is_there) && is_alive(machine.process);
    });
}

} // namespace usbroute::sim
