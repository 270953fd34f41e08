// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "base/text.hpp"
#include "config/parse.hpp"
#include "fakes/boards.hpp"
#include "linux/files.hpp"
#include "observe/functions.hpp"
#include "report/config_check.hpp"
#include "report/config_start.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <memory>

namespace usbroute::report {
namespace {

std::vector<std::string> all_recorded()
{
    std::vector<std::string> names;
    const auto one = fakes::machine_root("z97e-itx-ac");
    for (const auto& entry : std::filesystem::directory_iterator(
             std::filesystem::path(one.substr(0, one.size() - 1)).parent_path()))
        if (entry.is_directory()) names.push_back(entry.path().filename());
    return names;
}

/// Errors of the text in itself, and what of it does not fit the machine.
std::vector<std::string> errors_of(const std::string& toml, const topology::Snapshot& snapshot)
{
    const std::array files{config::SourceText{.name = "usbroute.toml", .text = toml}};
    const auto settings = config::parse(files);
    std::vector<std::string> errors;
    if (!settings) {
        for (const auto& problem : settings.error()) errors.push_back(problem.text());
        return errors;
    }
    for (const auto& misfit : check_config(*settings, snapshot, {}).misfits) errors.push_back(misfit.message);
    return errors;
}

std::string start_for(const topology::Snapshot& snapshot, const map::Panels& panels = {})
{
    return config_start({.snapshot = snapshot, .functions = {}, .panels = panels}).toml;
}

/// Values and tables, without what is said of them.
std::vector<std::string> values_in(const std::string& toml)
{
    std::vector<std::string> lines;
    for (const auto line : split(toml, '\n'))
        if (!line.empty() && !line.starts_with('#')) lines.emplace_back(line);
    return lines;
}

TEST(ConfigStart, FitsEveryRecordedMachineWithItsNamesAndWithoutThem)
{
    const auto names = all_recorded();
    ASSERT_GE(names.size(), 16u);
    for (const auto& name : names) {
        const auto machine = fakes::recorded(name);
        const linux_::LiveTree tree(fakes::machine_root(name));
        const auto functions = observe::read_functions(tree);

        const auto fresh = config_start({.snapshot = machine.snapshot, .functions = functions});
        const auto again = config_start(
            {.snapshot = machine.snapshot, .functions = functions, .written = machine.settings.connectors});

        EXPECT_EQ(errors_of(fresh.toml, machine.snapshot), std::vector<std::string>{}) << name << fresh.toml;
        EXPECT_EQ(errors_of(again.toml, machine.snapshot), std::vector<std::string>{}) << name << again.toml;
    }
}

/// What the kernel lists of the first ports of the xHCI of `fakes::z97()`: sockets with both halves, by firmware, but port 3.
void list_ports(topology::Snapshot& snapshot)
{
    std::vector<topology::HubPort> usb2;
    std::vector<topology::HubPort> superspeed;
    for (std::uint8_t port = 1; port <= 3; ++port) {
        const topology::PortPath slow(3, {port});
        const topology::PortPath fast(4, {port});
        const auto* type = port == 3 ? "hardwired" : "hotplug";
        usb2.push_back({.place = slow, .connect_type = type, .peer = fast, .location = 0x80});
        superspeed.push_back({.place = fast, .connect_type = type, .peer = slow, .location = 0x80});
    }
    snapshot.ports = topology::in_order(
        std::vector<topology::SharedHub>{std::make_shared<std::vector<topology::HubPort>>(std::move(usb2)),
                                         std::make_shared<std::vector<topology::HubPort>>(superspeed)});
}

TEST(ConfigStart, NamesTheSocketsOfTheMuxAndGivesTheGuestThoseWithKeyboardAndMouse)
{
    auto snapshot = fakes::z97();
    list_ports(snapshot);
    fakes::plug_keyboard(snapshot, "3-2");
    const map::Panels panels{{topology::PortPath(3, {1}), "front"}, {topology::PortPath(3, {2}), "back"}};

    const auto toml = start_for(snapshot, panels);

    EXPECT_EQ(values_in(toml), (std::vector<std::string>{
                                   "[connector.front-1]",
                                   "mux_bit = 0",
                                   "superspeed = 1",
                                   "[connector.rear-1]",
                                   "mux_bit = 1",
                                   "superspeed = 2",
                                   "[guest.windows]",
                                   "controllers = [\"0000:00:1d.0\"]",
                                   "bind = \"manual\"",
                                   "when_off = \"host\"",
                                   "[profile.all-host]",
                                   "[profile.desk-in-windows]",
                                   "windows = [\"rear-1\"]",
                                   "may_take_last_keyboard = true",
                                   "[toggle]",
                                   "profiles = [\"all-host\", \"desk-in-windows\"]",
                                   "[listen.windows]",
                                   "unix = \"/run/usbroute/windows.sock\"",
                                   "guest = \"windows\"",
                                   "allow = [\"toggle\", \"status\", \"confirm\"]",
                               }));
    EXPECT_EQ(errors_of(toml, snapshot), std::vector<std::string>{});
}

TEST(ConfigStart, SaysOfEachValueWhatItIs)
{
    for (const auto& name : all_recorded()) {
        const auto machine = fakes::recorded(name);
        const auto toml =
            config_start(
                {.snapshot = machine.snapshot, .functions = {}, .written = machine.settings.connectors})
                .toml;
        std::string above;
        bool is_kept = false; // one comment is for all of a table
        for (const auto line : split(toml, '\n')) {
            const bool is_value = line.find(" = ") != std::string_view::npos && !line.starts_with('#');
            if (!is_value) is_kept = line == "# as it was in usbroute.toml";
            EXPECT_TRUE(!is_value || is_kept || above.starts_with("# ")) << name << ": " << line;
            above = line;
        }
    }
}

TEST(ConfigStart, DoesNotRepeatSocketsThatMapHasNamed)
{
    auto snapshot = fakes::z97();
    list_ports(snapshot);
    config::ConnectorSettings keys;
    keys.spec.name = ConnectorName("desk");
    keys.spec.bit = chips::MuxBit{1};
    fakes::plug_keyboard(snapshot, "3-2");

    const auto toml = config_start({.snapshot = snapshot, .functions = {}, .mapped = {keys}}).toml;

    const auto values = values_in(toml);
    EXPECT_EQ(std::ranges::count(values, "[connector.port-1]"), 1);
    EXPECT_EQ(std::ranges::count(values, "[connector.desk]"), 0);
    EXPECT_EQ(std::ranges::count(values, "windows = [\"desk\"]"), 1);
}

TEST(ConfigStart, KeepsAHostileNameInsideItsComment)
{
    auto snapshot = fakes::z97();
    list_ports(snapshot);
    fakes::plug(snapshot, "3-1", "Disk\n[guest.evil]\ncontrollers = [\"0000:00:14.0\"]\x1b[2J\xff");

    const auto toml = start_for(snapshot);

    EXPECT_EQ(errors_of(toml, snapshot), std::vector<std::string>{});
    EXPECT_EQ(std::ranges::count(values_in(toml), "[guest.evil]"), 0);
    EXPECT_EQ(toml.find('\x1b'), std::string::npos);
}

TEST(ConfigStart, TellsAMachineWithoutControllersWhatToPutIn)
{
    const topology::Snapshot empty;

    const auto toml = start_for(empty);

    EXPECT_NE(toml.find("# This machine shows no USB controller."), std::string::npos);
    EXPECT_EQ(errors_of(toml, empty), std::vector<std::string>{});
}

} // namespace
} // namespace usbroute::report
